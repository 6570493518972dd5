import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { project } from '../docs/pages.ts';
import { callPlugin } from '../fakes/plugin-client.ts';
import { eventually } from '../lab/eventually.ts';
import { describeWith } from '../lab/requirements.ts';
import { output } from '../lab/run.ts';
import { aptForArm64, unpackAll } from './arm64-packages.ts';
import { withNode } from './other-node.ts';
import type { Released } from './released.ts';

/**
 * Enters the image's files, with QEMU as the interpreter of all programs for arm64: the kernel (6.7 or newer) knows that in this user
 * namespace only, so this machine's own table of interpreters is left as it is.
 */
const enter = `set -e
root=$1; shift
mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
zeros='\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00'
ones='\\xff\\xff\\xff\\xff\\xff\\xff\\xff'
printf '%s' ":arm64:M::\\x7fELF\\x02\\x01\\x01$zeros\\x02\\x00\\xb7\\x00:$ones\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff:$(which qemu-aarch64-static):F" \\
  > /proc/sys/fs/binfmt_misc/register
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
exec chroot "$root" "$@"`;
const needs = { root: true, programs: ['qemu-aarch64-static', 'apt-get', 'dpkg-deb', 'unshare'] } as const;

/**
 * What the Dockerfile would make of an image for arm64: the packages that it names, Node, and the tarball. In a user namespace no file
 * system on a device can be mounted, so volumes are directories here.
 */
export function describeArm64Image(released: () => Released): void {
  describeWith(needs, 'the content of image and managed plugin for arm64', () => {
    let root = '';
    let serving: ChildProcess | undefined;
    const inside = (...words: readonly string[]) =>
      [
        ...['--user', '--map-root-user', '--mount', '--pid', '--fork', '--kill-child'],
        ...['sh', '-c', enter, 'sh', root, ...words],
      ] as const;
    beforeAll(async () => {
      root = join(released().folder, 'image');
      for (const place of ['opt/holdfast', 'usr/local/bin', 'proc', 'dev', 'tmp'])
        await mkdir(join(root, place), { recursive: true });
      for (const place of ['run/docker/plugins', 'var/lib/holdfast', 'mnt/holdfast'])
        await mkdir(join(root, place), { recursive: true });
      await install(join(released().folder, 'image-packages'), root);
      const unpacking = ['-C', join(root, 'opt/holdfast'), '--strip-components=1'];
      await output('tar', ['-xzf', released().file('-arm64.tar.gz'), ...unpacking]);
      await withNode('24', (node) => copyFile(node, join(root, 'usr/local/bin/node')), 'arm64');
    });
    afterAll(async () => {
      if (serving === undefined) return;
      serving.kill('SIGKILL');
      await once(serving, 'exit');
    });

    test('has every helper program, each for arm64', async () => {
      const helpers =
        'for each in mkfs.ext4 mkfs.xfs mount.nfs mount.glusterfs; do $each -V > /dev/null 2>&1; done';
      const words = `set -e; ${helpers}; uname -m; node --print process.arch`;
      expect(await output('unshare', inside('sh', '-c', words))).toBe('aarch64\narm64');
    });

    test('starts as the engine starts a plugin, mounts a volume, and formats an image', async () => {
      const config = JSON.parse(await readFile(join(project, 'plugin-config/config.json'), 'utf8'));
      serving = spawn('unshare', inside('env', 'HOLDFAST_MANAGED_PLUGIN=true', ...config.entrypoint), {
        stdio: 'ignore',
      });
      const socket = join(root, 'run/docker/plugins', config.interface.socket);
      const call = async (method: string, body: object) =>
        (await callPlugin(socket, `VolumeDriver.${method}`, { Name: 'db', ...body })).json;
      await eventually('it serves', async () => (await call('Create', {})) !== undefined);
      const mountpoint = '/mnt/holdfast/holdfast/db';
      expect(await call('Mount', { ID: 'a' })).toEqual({ Mountpoint: mountpoint });
      const [pid = ''] = (
        await output('pgrep', ['-f', `qemu-aarch64-static .*${config.entrypoint[1]}`])
      ).split('\n');
      expect(await readFile(`/proc/${pid}/mountinfo`, 'utf8')).toContain(` ${mountpoint} `);
      await writeFile(`/proc/${pid}/root${mountpoint}/file`, 'kept');
      expect(await call('Unmount', { ID: 'a' })).toEqual({});
      const volumes = join(root, 'var/lib/holdfast/plugins/holdfast/volumes');
      expect(await readFile(join(volumes, 'db/file'), 'utf8')).toBe('kept');
      expect(await call('Create', { Name: 'sized', Opts: { size: '16MiB' } })).toEqual({});
      const found = await output('sh', [
        '-c',
        `dumpe2fs -h ${volumes}/.holdfast/images/sized.*.img 2> /dev/null`,
      ]);
      expect(found).toContain('Filesystem state:         clean');
    });
  });
}

/** The packages of the Dockerfile, with all that they depend on, and what its base image has. */
async function install(folder: string, root: string): Promise<void> {
  const dockerfile = await readFile(join(project, 'Dockerfile'), 'utf8');
  const helpers = /^ARG HELPERS="(.+)"$/m.exec(dockerfile)?.[1]?.split(' ') ?? [];
  expect(helpers.length).toBeGreaterThan(4);
  const apt = await aptForArm64(folder);
  const base = ['dash', 'coreutils', 'libstdc++6', 'libatomic1'];
  const flags = ['-y', '--download-only', '--no-install-recommends'];
  await output('apt-get', [...apt, 'install', ...flags, ...base, ...helpers], { within: 600_000 });
  await unpackAll(join(folder, 'cache/archives'), root);
}
