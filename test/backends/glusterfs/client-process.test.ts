import { describe, expect, test } from '@jest/globals';
import { createClientProcesses } from '../../../src/backends/glusterfs/client-process.ts';

interface FakeProcess {
  readonly args: readonly string[];
  readonly name?: string;
  readonly startedAt?: number;
  readonly isZombie?: boolean;
  /** Those of the mounts in its mount table. */
  readonly devices?: readonly string[];
}

/** A /proc with changeable processes. It records the PIDs whose arguments were read. */
function fakeProc(processes: Map<number, FakeProcess>) {
  const read: string[] = [];
  const textOf = (pid: number, file: string | undefined) => {
    const found = processes.get(pid);
    if (!found) return undefined;
    const { args, name = 'glusterfs', startedAt = 100, isZombie = false, devices = ['0:50'] } = found;
    if (file === 'mountinfo')
      return devices.map((device) => `30 1 ${device} / /mnt rw - fuse.glusterfs a:/gv0 rw\n`).join('');
    if (file === 'cmdline') return isZombie ? '' : args.map((arg) => `${arg}\0`).join('');
    const rest = `1 1 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 9 0 ${startedAt} 1000 10`;
    return `${pid} (${name}) ${isZombie ? 'Z' : 'S'} ${rest}`;
  };
  const files = {
    list: async () => ['1', 'self', 'meminfo', ...[...processes.keys()].map(String)],
    readText: async (path: string) => {
      const [, , pid, file] = path.split('/');
      if (file === 'cmdline') read.push(pid ?? '');
      return textOf(Number(pid), file);
    },
  };
  const at = async (path: string) =>
    path === '/mnt/bound'
      ? { kind: 'bare' as const }
      : { kind: 'mounted' as const, device: '0:50', inode: '1' };
  const clients = createClientProcesses(files, { at });
  return { clients, read };
}

const client = (mountpoint: string, more: Partial<FakeProcess> = {}): FakeProcess => ({
  args: ['/usr/sbin/glusterfs', '--process-name', 'fuse', '--volfile-id=/gv0', mountpoint],
  ...more,
});

describe('the FUSE clients of a host', () => {
  test('are recognised by their last argument', async () => {
    const { clients } = fakeProc(new Map([[7, client('/mnt/base')]]));
    expect(await clients.isAlive('/mnt/base')).toBe(true);
    expect(await clients.isAlive('/mnt/other')).toBe(false);
  });
  test('are not confused with those of a mountpoint with the same beginning or end', async () => {
    const { clients } = fakeProc(new Map([[7, client('/mnt/base-2')]]));
    expect(await clients.isAlive('/mnt/base')).toBe(false);
    expect(await clients.isAlive('/mnt/base-2/db')).toBe(false);
    expect(await clients.isAlive('/base-2')).toBe(false);
  });
  test('may have spaces in their mountpoint, and any path of the program', async () => {
    const args = ['/opt/gluster/sbin/glusterfs', '/mnt/my base'];
    const { clients } = fakeProc(new Map([[7, { args }]]));
    expect(await clients.isAlive('/mnt/my base')).toBe(true);
    expect(await clients.isAlive('base')).toBe(false);
  });
  test('are not the mount helper, a brick, or a process that names the mountpoint', async () => {
    const { clients, read } = fakeProc(
      new Map([
        [5, { name: 'mount', args: ['mount', '-t', 'glusterfs', '--', 'a:/gv0', '/mnt/base'] }],
        [6, { name: 'glusterfsd', args: ['/usr/sbin/glusterfsd', '/mnt/base'] }],
        [7, { name: 'ls', args: ['ls', '/mnt/base'] }],
      ]),
    );
    expect(await clients.isAlive('/mnt/base')).toBe(false);
    expect(read.filter((pid) => pid !== '1')).toEqual([]);
  });
  test('are gone after their end, even as a zombie', async () => {
    const processes = new Map([[7, client('/mnt/base')]]);
    const { clients } = fakeProc(processes);
    expect(await clients.isAlive('/mnt/base')).toBe(true);
    processes.set(7, client('/mnt/base', { isZombie: true }));
    expect(await clients.isAlive('/mnt/base')).toBe(false);
    processes.delete(7);
    expect(await clients.isAlive('/mnt/base')).toBe(false);
  });
  test('are not confused with a later process with the same number', async () => {
    const processes = new Map([[7, client('/mnt/base')]]);
    const { clients } = fakeProc(processes);
    await clients.isAlive('/mnt/base');
    processes.set(7, client('/mnt/other', { startedAt: 200 }));
    expect(await clients.isAlive('/mnt/base')).toBe(false);
    expect(await clients.isAlive('/mnt/other')).toBe(true);
  });
  test('are searched once', async () => {
    const processes = new Map([
      [7, client('/mnt/base')],
      [8, client('/mnt/other')],
    ]);
    const { clients, read } = fakeProc(processes);
    await clients.isAlive('/mnt/base');
    read.length = 0;
    await clients.isAlive('/mnt/base');
    expect(read).toEqual(['7']);
  });
  test('are not those of a daemon in another container, with the same paths but mounts of its own', async () => {
    const processes = new Map([
      [7, client('/mnt/base', { startedAt: 200, devices: ['0:60', '0:61'] })],
      [8, client('/mnt/base', { startedAt: 100, devices: ['0:44', '0:50'] })],
    ]);
    const { clients } = fakeProc(processes);
    expect(await clients.isAlive('/mnt/base')).toBe(true);
    processes.delete(8);
    expect(await clients.isAlive('/mnt/base')).toBe(false);
  });
  test('are found by the device of a mount that is only bound elsewhere now', async () => {
    const processes = new Map([[7, client('/mnt/bound', { devices: ['0:60'] })]]);
    const { clients } = fakeProc(processes);
    expect(await clients.isAlive('/mnt/bound', '0:60')).toBe(true);
    const other = fakeProc(new Map([[7, client('/mnt/bound', { devices: ['0:60'] })]]));
    expect(await other.clients.isAlive('/mnt/bound', '0:61')).toBe(false);
  });
  test('are gone even if the client of an earlier mount at the same place still serves its containers', async () => {
    const processes = new Map([[7, client('/mnt/base', { startedAt: 100 })]]);
    const { clients } = fakeProc(processes);
    await clients.isAlive('/mnt/base');
    processes.set(8, client('/mnt/base', { startedAt: 200 }));
    clients.forget('/mnt/base');
    expect(await clients.isAlive('/mnt/base')).toBe(true);
    processes.delete(8);
    expect(await clients.isAlive('/mnt/base')).toBe(false);
    clients.forget('/mnt/base');
    expect(await clients.isAlive('/mnt/base')).toBe(false);
    processes.set(9, client('/mnt/base', { startedAt: 300 }));
    expect(await clients.isAlive('/mnt/base')).toBe(true);
  });
});
