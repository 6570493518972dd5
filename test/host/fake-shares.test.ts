import { describe, expect, test } from '@jest/globals';
import type { Host } from '../../src/host/host.ts';
import { createFakeHost, createFakeShare, createFakeState, type FakeState } from '../fakes/host/fake-host.ts';

const nfs = 'nfs.example:/srv/volumes';
const gluster = 'gluster.example:/gv0';
const soon = () => AbortSignal.timeout(100_000);

interface Machine {
  readonly state: FakeState;
  readonly host: Host;
  mount(type: string, source: string, target: string, options?: string): Promise<number>;
  entry(target: string): Promise<unknown>;
}

async function machine(share = createFakeShare()): Promise<Machine> {
  const state = createFakeState();
  state.shares.set(nfs, share).set(gluster, share);
  const host = createFakeHost(state);
  for (const target of ['/a', '/b', '/c']) await host.files.makeDirectory(target);
  return {
    state,
    host,
    mount: async (type, source, target, options = 'nosharecache') =>
      (await host.programs.run('mount', ['-t', type, '-o', options, '--', source, target], soon())).exitCode,
    entry: async (target) =>
      (await host.mounts.below('/')).findLast(({ mountpoint }) => mountpoint === target),
  };
}

describe('a share of NFS', () => {
  test('is listed with its options and the defaults of the others', async () => {
    const { mount, entry } = await machine();
    expect(await mount('nfs', nfs, '/a', 'nosharecache,soft,timeo=100,retry=0,nfsvers=4.1')).toBe(0);
    expect(await entry('/a')).toMatchObject({
      type: 'nfs4',
      source: nfs,
      root: '/srv/volumes',
      options: ['rw', 'relatime'],
      superOptions: expect.arrayContaining([
        'rw',
        'soft',
        'timeo=100',
        'vers=4.1',
        'retrans=2',
        'nosharecache',
      ]),
    });
    expect(await mount('nfs', nfs, '/b', 'nosharecache,vers=3,ro')).toBe(0);
    expect(await entry('/b')).toMatchObject({ type: 'nfs', options: ['ro', 'relatime'] });
  });
  test('has the same files in each mount, and a separate device for each mount with another cache', async () => {
    const { host, mount } = await machine();
    await mount('nfs', nfs, '/a');
    await mount('nfs', nfs, '/b');
    await host.files.makeDirectory('/a/volume');
    const [a, b] = [await host.files.facts('/a/volume'), await host.files.facts('/b/volume')];
    expect(a?.inode).toBe(b?.inode);
    expect(a?.device).not.toBe(b?.device);
    await expect(host.files.rename('/a/volume', '/b/other')).rejects.toMatchObject({ code: 'EXDEV' });
  });
  test('keeps the first options for all mounts that share its cache', async () => {
    const { mount, entry } = await machine();
    await mount('nfs', nfs, '/a', 'timeo=100');
    await mount('nfs', nfs, '/b', 'timeo=200');
    expect(await entry('/b')).toMatchObject({ superOptions: expect.arrayContaining(['timeo=100']) });
  });
  test('can be mounted from one of its directories, and a bind says which it shows', async () => {
    const { host, mount, entry } = await machine();
    await mount('nfs', nfs, '/a');
    await host.remote('nfs.example').files.makeDirectory('/a/volumes/db');
    expect(await mount('nfs', `${nfs}/none`, '/b')).toBe(32);
    expect(await mount('nfs', `${nfs}/volumes/db`, '/b')).toBe(0);
    expect((await host.mounts.at('/b')).kind).toBe('mounted');
    await host.remote('nfs.example').bind('/a/volumes/db', '/c', ['ro']);
    expect(await entry('/c')).toMatchObject({ root: '/srv/volumes/volumes/db', source: `${nfs}/volumes/db` });
    expect(await host.mounts.at('/c')).toMatchObject({ device: (await host.files.facts('/a'))?.device });
  });
  test('is the same for two hosts', async () => {
    const share = createFakeShare();
    const [one, two] = [await machine(share), await machine(share)];
    await one.mount('nfs', nfs, '/a');
    await two.mount('nfs', nfs, '/a');
    await one.host.files.writeText('/a/file', 'text', 'replace');
    expect(await two.host.files.readText('/a/file')).toBe('text');
  });
});

describe('a share of GlusterFS', () => {
  test('mounts nothing, but reports success, if the volume or directory is missing', async () => {
    const { host, mount } = await machine();
    expect(await mount('glusterfs', 'gluster.example:/none', '/a')).toBe(0);
    expect(await mount('glusterfs', `${gluster}/none`, '/a')).toBe(0);
    expect(await host.mounts.at('/a')).toEqual({ kind: 'bare' });
    expect(await mount('glusterfs', 'other.example:/gv0', '/a')).toBe(1);
    expect(
      await mount('glusterfs', 'other.example:/gv0', '/a', 'backup-volfile-servers=gluster.example'),
    ).toBe(0);
    expect((await host.mounts.at('/a')).kind).toBe('mounted');
  });
  test('has a client process for each mount, until it is unmounted', async () => {
    const { host, mount, entry } = await machine();
    await host.files.makeDirectory('/proc');
    await mount('glusterfs', gluster, '/a', 'log-level=WARNING');
    expect(await entry('/a')).toMatchObject({ type: 'fuse.glusterfs', source: gluster });
    const [pid] = (await host.files.list('/proc')) ?? [];
    const words = (await host.files.readText(`/proc/${pid}/cmdline`))?.split('\0');
    expect(words).toEqual([
      '/usr/sbin/glusterfs',
      '--log-level=WARNING',
      '--process-name',
      'fuse',
      '--volfile-server=gluster.example',
      '--volfile-id=/gv0',
      '/a',
      '',
    ]);
    expect((await host.programs.run('umount', ['-c', '/a'], soon())).exitCode).toBe(0);
    expect(await host.files.list('/proc')).toEqual([]);
  });
  test('is dead after its client dies, and can be mounted again', async () => {
    const { state, host, mount } = await machine();
    const share = state.shares.get(gluster) ?? createFakeShare();
    await mount('glusterfs', gluster, '/a');
    state.breakShare(share, 'client-dead');
    await expect(host.files.list('/a')).rejects.toMatchObject({ code: 'ENOTCONN' });
    expect((await host.mounts.at('/a')).kind).toBe('mounted');
    expect(await host.files.list('/proc')).toEqual([]);
    await host.mounts.unmount('/a');
    expect(await mount('glusterfs', gluster, '/a')).toBe(0);
    expect(await host.files.list('/a')).toEqual([]);
  });
});

describe('the condition of a share', () => {
  async function mounted() {
    const share = createFakeShare();
    const on = await machine(share);
    await on.mount('nfs', nfs, '/a');
    await on.host.files.makeDirectory('/a/volume');
    return { ...on, share, remote: on.host.remote('nfs.example') };
  }

  test('down: no call is answered, no mount succeeds, and the daemon must not call it directly', async () => {
    const { share, mount, host, remote } = await mounted();
    share.conditions.add('down');
    const code = { code: 'ETIMEDOUT' };
    await expect(remote.files.facts('/a/volume')).rejects.toMatchObject(code);
    await expect(remote.bind('/a/volume', '/b', [])).rejects.toMatchObject(code);
    await expect(host.files.facts('/a/volume')).rejects.toThrow('would hang the daemon');
    expect(await mount('nfs', nfs, '/b')).toBe(32);
    expect((await host.mounts.at('/a')).kind).toBe('mounted');
    expect(await host.mounts.at('/a/volume')).toEqual({ kind: 'missing' });
    share.conditions.delete('down');
    expect(await remote.files.list('/a')).toEqual(['volume']);
  });
  test('stale: on one host, until it is mounted again', async () => {
    const { state, share, mount, remote, host } = await mounted();
    await remote.bind('/a/volume', '/b', []);
    state.breakShare(share, 'stale');
    for (const path of ['/a/volume', '/b']) {
      await expect(remote.files.facts(path)).rejects.toMatchObject({ code: 'ESTALE' });
    }
    await host.mounts.unmount('/a');
    expect(await mount('nfs', nfs, '/a')).toBe(0);
    expect(await remote.files.list('/a')).toEqual(['volume']);
  });
  test.each([
    ['read-only', 'EROFS'],
    ['full', 'ENOSPC'],
  ] as const)('%s: nothing can be added (%s)', async (condition, code) => {
    const { share, remote } = await mounted();
    share.conditions.add(condition);
    await expect(remote.files.writeText('/a/file', '', 'replace')).rejects.toMatchObject({ code });
    await expect(remote.files.makeDirectory('/a/other')).rejects.toMatchObject({ code });
    expect(await remote.files.list('/a')).toEqual(['volume']);
  });
  test('squash: everything belongs to the user nobody, and chown fails', async () => {
    const { share, remote } = await mounted();
    share.conditions.add('squash');
    const owner = { uid: 1000, gid: 1000, mode: 0o755 };
    await expect(remote.files.createDirectory('/a/other', owner)).rejects.toMatchObject({ code: 'EPERM' });
    expect(await remote.files.list('/a')).toEqual(['volume']);
    const nobody = { uid: 65534, gid: 65534, mode: 0o700 };
    expect(await remote.files.createDirectory('/a/other', nobody)).toBe(true);
    await remote.files.writeText('/a/file', '', 'replace');
    expect(await remote.files.facts('/a/file')).toMatchObject({ uid: 65534, gid: 65534 });
  });
});

describe('a server of the fake network', () => {
  const { state, host } = (() => {
    const state = createFakeState();
    return { state, host: createFakeHost(state) };
  })();
  const ask = (request: string, signal = soon()) =>
    host.network.ask({ host: 'h', port: 2049 }, Buffer.from(request), (answer) => answer.length > 2, signal);

  test('refuses, answers, fails or hangs, as the test wants', async () => {
    await expect(ask('x')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    state.servers.set('h:2049', (request) => Buffer.concat([Buffer.from('re:'), request]));
    expect(Buffer.from(await ask('x')).toString()).toBe('re:x');
    state.servers.set('h:2049', () => 'silent');
    await expect(ask('x', AbortSignal.timeout(20))).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });
});
