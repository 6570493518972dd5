import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from './eventually.ts';
import { added, kernelView, viewOutside } from './kernel-view.ts';
import { alone, createNamespace, entering, holderScript, type Namespace } from './namespace.ts';
import { describeWith } from './requirements.ts';
import { output, run } from './run.ts';

const tools = { root: true, programs: ['unshare', 'nsenter', 'losetup', 'mkfs.ext4', 'chattr'] } as const;

describeWith(tools, 'the namespace of a simulated host', () => {
  let folder = '';
  let namespace: Namespace = createNamespace(folder);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-lab-'));
    namespace = createNamespace(folder);
    await namespace.open();
  });

  afterEach(() => namespace.close('remove'));

  test('shows each mount, loop device, process and socket in the kernel view', async () => {
    const before = await kernelView(folder, namespace);
    const sleeper = await disturb(folder, namespace);
    const socket = createServer().listen(namespace.path('/run/docker/plugins/late.sock'));
    await once(socket, 'listening');
    expect(added(before, await kernelView(folder, namespace))).toEqual([
      `loop ${folder}/image`,
      `mount ${folder}/image-mount`,
      'process sleep',
      'socket late.sock',
    ]);
    socket.close();
    sleeper.kill('SIGKILL');
  });

  test('ends everything in it when it is closed', async () => {
    const sleeper = await disturb(folder, namespace);
    await output('chattr', ['+i', `${folder}/image-mount`]).catch(() => 'not on this file system');
    const ended = once(sleeper, 'exit');
    await namespace.close('remove');
    await ended;
    await expectNothing(folder);
    expect(existsSync(folder)).toBe(false);
  });

  test('opened again has the same files, no mounts, and another boot ID', async () => {
    await disturb(folder, namespace);
    const bootId = () => namespace.run('cat', '/proc/sys/kernel/random/boot_id');
    const first = await bootId();
    await namespace.close('keep');
    await expectNothing(folder);
    expect(existsSync(`${folder}/image`)).toBe(true);
    await namespace.open();
    expect((await bootId()).stdout).not.toBe(first.stdout);
    expect((await run('ls', [namespace.path('/run/docker/plugins')])).stdout).toBe('');
  });

  test('ends with the process that opened it', async () => {
    const other = await mkdtemp(join(tmpdir(), 'holdfast-lab-'));
    await writeFile(`${other}/boot-id`, 'some boot\n');
    const finished = await run('sh', [holderScript, 'outside', other]);
    expect(finished).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^ready \d+\n$/) });
    expect(existsSync(other)).toBe(false);
  });
});

describeWith({ root: true, programs: ['unshare'] }, 'a namespace of its own for a program', () => {
  const point = 'mounted/mnt/gold/db';
  let folders: readonly string[] = [];

  beforeEach(async () => {
    const names = ['holdfast-xfs-', 'holdfast-own-'];
    folders = await Promise.all(names.map((name) => mkdtemp(join(tmpdir(), name))));
    for (const folder of folders) await mkdir(`${folder}/${point}`, { recursive: true });
  });

  afterEach(async () => {
    for (const folder of folders) await rm(folder, { recursive: true });
  });

  test("has copies of mounts in its argument's folder, and of no other test's", async () => {
    const [others, own] = folders;
    const mounting = `for folder in ${others} ${own}; do mount -t tmpfs tmpfs $folder/${point}; done; exec unshare "$@"`;
    const program = ['cat', '/proc/self/mountinfo', `${own}/file`];
    const { stdout } = await run('unshare', ['--mount', 'sh', '-ec', mounting, 'sh', ...alone, ...program]);
    expect(stdout).toContain(` ${own}/${point} `);
    expect(stdout).not.toContain(`${others}/`);
  });
});

/** Leaves a mounted loop image and a process in the namespace. */
async function disturb(folder: string, namespace: Namespace): Promise<ChildProcess> {
  const image =
    'truncate -s 8M image && mkfs.ext4 -q image && mkdir image-mount && mount -o loop image image-mount';
  const done = await namespace.run('sh', '-c', `cd ${folder} && ${image}`);
  expect(done).toMatchObject({ exitCode: 0, stderr: '' });
  const sleeper = spawn('nsenter', entering(namespace.pid(), 'sleep', ['1000']));
  await eventually('it sleeps', async () => (await kernelView(folder, namespace)).includes('process sleep'));
  return sleeper;
}

async function expectNothing(folder: string): Promise<void> {
  await eventually('nothing is left', async () => (await viewOutside(folder)).length === 0);
}
