import { describe, expect, test } from '@jest/globals';
import type { CountLimits, FilesBelow } from '../../../src/host/host.ts';
import type { Current } from './contract.ts';

const plenty: CountLimits = { entries: 10_000, milliseconds: 60_000 };
const owner = { uid: 0, gid: 0, mode: 0o755 };

/** Tests the size of a directory, and the space of its file system. */
export function describeCounts(current: Current): void {
  const at = (name: string) => `${current().folder}/${name}`;
  const whole = () => current().host.files;
  const signal = () => AbortSignal.timeout(20_000);

  async function makeTree(): Promise<void> {
    await whole().makeDirectory(at('root/tree/sub/deep'));
    await whole().makeDirectory(at('outside'));
    await whole().writeText(at('outside/file'), 'x'.repeat(200_000), 'exclusive');
    await whole().writeText(at('root/tree/file'), 'x'.repeat(100_000), 'exclusive');
    await whole().writeText(at('root/tree/sub/deep/file'), 'x'.repeat(50_000), 'exclusive');
  }

  describe.each([
    ['below a root, here', () => whole().below(at('root'))],
    ['below a root, on a server', () => current().host.remote('server.example').files.below(at('root'))],
    ['by full paths, on a server', () => current().host.remote('server.example').files],
  ])('%s', (_, files: () => Pick<FilesBelow, 'count' | 'space'>) => {
    test('everything below a directory counts, and the directory itself', async () => {
      await makeTree();
      const counted = await files().count(at('root/tree'), plenty, signal());
      expect(counted).toMatchObject({ usedInodes: 5, isWhole: true });
      expect(counted?.usedBytes).toBeGreaterThanOrEqual(150_000);
      expect(counted?.usedBytes).toBeLessThan(200_000);
    });
    test('the count grows with writes', async () => {
      await makeTree();
      const before = await files().count(at('root/tree'), plenty, signal());
      await whole().writeText(at('root/tree/sub/more'), 'x'.repeat(1 << 20), 'exclusive');
      const after = await files().count(at('root/tree'), plenty, signal());
      expect((after?.usedBytes ?? 0) - (before?.usedBytes ?? 0)).toBeGreaterThanOrEqual(1 << 20);
      expect((after?.usedInodes ?? 0) - (before?.usedInodes ?? 0)).toBe(1);
    });
    test('holes in a file use nothing', async () => {
      await makeTree();
      await whole().createSparse(at('root/tree/sparse'), 2 ** 30);
      expect((await files().count(at('root/tree'), plenty, signal()))?.usedBytes).toBeLessThan(200_000);
    });
    test('a symlink is counted and not followed', async () => {
      await makeTree();
      await current().link(at('outside'), at('root/tree/link'));
      const counted = await files().count(at('root/tree'), plenty, signal());
      expect(counted).toMatchObject({ usedInodes: 6, isWhole: true });
      expect(counted?.usedBytes).toBeLessThan(200_000);
    });
    test('other mounts below it do not count', async () => {
      await makeTree();
      await whole().createDirectory(at('root/tree/sub/mounted'), owner);
      const disk = await current().attachDisk(64 << 20);
      const { programs, mounts } = current().host;
      await programs.run('mkfs.ext4', ['-q', '-F', '-m0', disk], signal());
      const ext4 = { type: 'ext4', options: [], access: 'read-write' } as const;
      await mounts.mountDisk(disk, at('root/tree/sub/mounted'), ext4);
      await whole().writeText(at('root/tree/sub/mounted/file'), 'x'.repeat(300_000), 'exclusive');
      const counted = await files().count(at('root/tree'), plenty, signal());
      expect(counted?.usedBytes).toBeLessThan(200_000);
      await mounts.unmount(at('root/tree/sub/mounted'));
    });
    test('a limit ends the count, and the result says so', async () => {
      await makeTree();
      const counted = await files().count(at('root/tree'), { ...plenty, entries: 2 }, signal());
      expect(counted?.isWhole).toBe(false);
      expect(counted?.usedInodes).toBeLessThan(5);
    });
    test('a missing directory is undefined, and a signal ends the count', async () => {
      await makeTree();
      expect(await files().count(at('root/none'), plenty, signal())).toBeUndefined();
      const ended = files().count(at('root/tree'), plenty, AbortSignal.abort());
      await expect(ended).rejects.toMatchObject({ code: 'ECANCELED' });
    });
    test('used and free space add up to the size', async () => {
      await makeTree();
      const { usedBytes, freeBytes, inodes = 1, usedInodes = 0 } = await files().space(at('root/tree'));
      expect(usedBytes).toBeGreaterThan(0);
      expect(freeBytes).toBeGreaterThan(0);
      expect(usedInodes).toBeLessThanOrEqual(inodes);
    });
  });

  test('below a root, no symlink is followed', async () => {
    await makeTree();
    await current().link(at('outside'), at('root/link'));
    const files = whole().below(at('root'));
    for (const path of [at('root/link'), at('root/link/sub')]) {
      await expect(files.count(path, plenty, signal())).rejects.toMatchObject({ code: 'EFTYPE' });
      await expect(files.space(path)).rejects.toMatchObject({ code: 'EFTYPE' });
    }
    await expect(files.count(at('outside'), plenty, signal())).rejects.toMatchObject({ code: 'EXDEV' });
  });
}
