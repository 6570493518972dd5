import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { describeWith } from '../lab/requirements.ts';
import { output } from '../lab/run.ts';
import { aptForArm64, unpackAll } from './arm64-packages.ts';
import { mountsVolumes } from './mounts-volumes.ts';
import { withNode } from './other-node.ts';
import type { Released } from './released.ts';

/** Runs the tarball for arm64 on the system calls of this machine's kernel: QEMU's user mode translates the instructions. */
export function describeArm64(released: () => Released): void {
  describeWith({ root: true, programs: ['qemu-aarch64-static', 'apt-get'] }, 'the tarball for arm64', () => {
    let libraries = '';
    let main = '';
    beforeAll(async () => {
      libraries = join(released().folder, 'arm64');
      await unpackLibraries(libraries);
      await output('tar', ['-xzf', released().file('-arm64.tar.gz'), '-C', libraries]);
      const [folder = ''] = (await output('ls', [libraries]))
        .split('\n')
        .filter((name) => /^holdfast-/.test(name));
      main = join(libraries, folder, 'dist/main.js');
    });

    test('checks a configuration, and mounts volumes', async () => {
      const use = async (node: string) => {
        const program = ['qemu-aarch64-static', '-L', libraries, node];
        const [emulator = '', ...words] = program;
        expect(await output(emulator, [...words, '--print', 'process.arch'])).toBe('arm64');
        expect(await output(emulator, [...words, main, 'check'])).toContain('is valid.');
        await mountsVolumes([...program, main], await mkdtemp(join(released().folder, 'served-')));
      };
      await withNode('24', use, 'arm64');
    });
  });
}

/** What Node needs of Debian. */
async function unpackLibraries(folder: string): Promise<void> {
  const apt = await aptForArm64(folder);
  const downloaded = join(folder, 'downloaded');
  await mkdir(downloaded);
  const words = [...apt, 'download', 'libc6', 'libstdc++6', 'libgcc-s1', 'libatomic1'];
  await output('sh', ['-ec', 'cd "$1"; shift; exec apt-get "$@"', 'sh', downloaded, ...words]);
  await unpackAll(downloaded, folder);
}
