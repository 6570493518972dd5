import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { cloneFrozen, type FreezeParts } from '../../../src/host/files/clone-frozen.ts';
import { plainPaths } from '../../../src/host/files/copy.ts';
import type { Programs } from '../../../src/host/host.ts';
import type { HostUnderTest } from '../../contract/host/contract.ts';
import { describeCopies } from '../../contract/host/copies.ts';
import { type LoopFileSystem, mountLoopFileSystem } from '../../lab/loop/file-system.ts';
import { describeWith } from '../../lab/requirements.ts';
import { linuxHostUnderTest } from '../linux-host-under-test.ts';

const freezing = 'ioctl($mounted, 0xc0045877';
const flushing = 'syscall($syncfs + 0';
const copying = 'ioctl($target';
const programs = ['mkfs.xfs', 'mkfs.btrfs', 'mkfs.ext4', 'fsfreeze', 'xfs_growfs'];

describeWith(
  { root: true, programs, paths: ['/dev/loop-control'] },
  'on file systems that share blocks',
  () => {
    describe.each(['xfs', 'btrfs'] as const)('%s', (type) => {
      let disk: LoopFileSystem;
      let current: HostUnderTest;
      beforeEach(async () => {
        disk = mountLoopFileSystem(type);
        current = await linuxHostUnderTest('auto', {}, disk.path);
      });
      afterEach(async () => {
        await current.cleanUp();
        await disk.remove();
      });

      describeCopies(() => current);

      test('says that it can', async () => {
        expect(await current.host.files.canClone(current.folder)).toBe(true);
      });
      /** System calls of the first runs really take so many seconds longer. */
      function slowAtFirst(runs: number, calls: Readonly<Record<string, number>>): FreezeParts {
        const { host } = current;
        let left = runs;
        const slowly = (arg: string) =>
          Object.entries(calls).reduce(
            (text, [call, more]) =>
              text.replace(call, () => `do { select(undef, undef, undef, ${more}); 1 } && ${call}`),
            arg,
          );
        const programs: Programs = {
          run: (program, args, ...more) => {
            const isSlow = program === 'perl' && left-- > 0;
            return host.programs.run(program, isSlow ? args.map(slowly) : args, ...more);
          },
        };
        return { programs, kernel: { look: host.mounts.at } };
      }
      test('a copy that takes too long three times is given up, and nothing stays frozen', async () => {
        const { image, target } = await mounted();
        const clone = `${current.folder}/clone`;
        const freeze = { mountpoint: target, most: 100 };
        const cloned = cloneFrozen(slowAtFirst(3, { [copying]: 1 }), plainPaths(image, clone), freeze);
        await expect(cloned).rejects.toMatchObject({ code: 'timeout' });
        await current.host.files.writeText(`${target}/file`, 'written', 'replace');
        expect(await current.host.files.facts(clone)).toBeUndefined();
      });
      test('a copy that is late twice is made again', async () => {
        const { image, target } = await mounted();
        const clone = `${current.folder}/clone`;
        const freeze = { mountpoint: target, most: 100 };
        const frozen = await cloneFrozen(slowAtFirst(2, { [copying]: 1 }), plainPaths(image, clone), freeze);
        expect(await current.host.files.facts(clone)).toMatchObject({ size: 64 << 20 });
        // The copy would take a second, but writers waited for a tenth of it: the rest is this machine's.
        expect(frozen).toBeGreaterThan(100);
        expect(frozen).toBeLessThan(600);
      });
      test('a freeze that comes too late is over at once, and nothing is copied in it', async () => {
        const { image, target } = await mounted();
        const clone = `${current.folder}/clone`;
        const freeze = { mountpoint: target, most: 900 };
        // With the copy, it would be frozen for 900 ms more.
        const frozen = await cloneFrozen(slowAtFirst(1, { [freezing]: 1 }), plainPaths(image, clone), freeze);
        expect(frozen).toBeGreaterThan(1_000);
        expect(frozen).toBeLessThan(1_700);
        expect(await current.host.files.facts(clone)).toMatchObject({ size: 64 << 20 });
      });
      test('a freeze that comes too late three times is given up, with the way out', async () => {
        const { image, target } = await mounted();
        const clone = `${current.folder}/clone`;
        const freeze = { mountpoint: target, most: 100 };
        const cloned = cloneFrozen(slowAtFirst(3, { [freezing]: 0.2 }), plainPaths(image, clone), freeze);
        await expect(cloned).rejects.toMatchObject({
          code: 'timeout',
          message: expect.stringMatching(/longer than the 100 ms .* 3 times\. Retry when less is written/),
        });
        await current.host.files.writeText(`${target}/file`, 'written', 'replace');
        expect(await current.host.files.facts(clone)).toBeUndefined();
      });
      test('a freeze is not begun while what was written takes longer than that to be flushed', async () => {
        const { image, target } = await mounted();
        const clone = `${current.folder}/clone`;
        const freeze = { mountpoint: target, most: 200 };
        const parts = slowAtFirst(1, { [flushing]: 0.25, [freezing]: 3 });
        expect(await cloneFrozen(parts, plainPaths(image, clone), freeze)).toBeLessThan(3_000);
        expect(await current.host.files.facts(clone)).toMatchObject({ size: 64 << 20 });
      });
      test('other work that takes too long is reported, and finds the file system thawed', async () => {
        const { target } = await mounted();
        const { files, mounts } = current.host;
        // The write waits for the thaw.
        const write = () => files.writeText(`${target}/file`, 'written', 'replace');
        expect(await mounts.whileFrozen(target, 1, write)).toMatchObject({ isWhole: false });
        expect(await files.readText(`${target}/file`)).toBe('written');
        expect(spawnSync('fsfreeze', ['--unfreeze', target]).status).not.toBe(0);
      });
      test('what somebody else has frozen is left frozen', async () => {
        const { image, target } = await mounted();
        expect(spawnSync('fsfreeze', ['--freeze', target]).status).toBe(0);
        const freeze = { mountpoint: target, most: 1000 };
        const cloned = current.host.files.cloneFrozen(image, `${current.folder}/clone`, freeze);
        await expect(cloned).rejects.toMatchObject({ code: 'failed' });
        // Thawing succeeds only if it is still frozen.
        expect(spawnSync('fsfreeze', ['--unfreeze', target]).status).toBe(0);
      });
      test('what a killed process left frozen is thawed', async () => {
        const { target } = await mounted();
        expect(spawnSync('fsfreeze', ['--freeze', target]).status).toBe(0);
        await current.host.mounts.thaw(target);
        await current.host.files.writeText(`${target}/file`, 'written', 'replace');
      });
      test('writers go on all the time, and find every write again', async () => {
        const { image, target } = await mounted();
        const writer = spawn('sh', [
          '-c',
          'i=0; while :; do i=$((i+1)); echo $i >>"$0"; done',
          `${target}/log`,
        ]);
        try {
          for (const name of ['one', 'two', 'three'])
            await current.host.files.cloneFrozen(image, `${current.folder}/${name}`, {
              mountpoint: target,
              most: 5_000,
            });
        } finally {
          writer.kill('SIGKILL');
          await once(writer, 'exit');
        }
        const lines = (await current.host.files.readText(`${target}/log`))?.trim().split('\n') ?? [];
        expect(lines.at(-1)).toBe(`${lines.length}`);
      });

      async function mounted(): Promise<{ readonly image: string; readonly target: string }> {
        const [image, target] = [`${current.folder}/image`, `${current.folder}/target`];
        await current.host.files.createSparse(image, 64 << 20);
        expect(spawnSync('mkfs.ext4', ['-q', '-F', image]).status).toBe(0);
        await current.host.files.makeDirectory(target);
        const fileSystem = { type: 'ext4', options: [], access: 'read-write' } as const;
        await current.host.mounts.mountImage(image, target, fileSystem);
        return { image, target };
      }
    });
  },
);
