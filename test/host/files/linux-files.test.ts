import { spawnSync } from 'node:child_process';
import { linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Host } from '../../../src/host/host.ts';
import { createLinuxHost } from '../../../src/host/linux-host.ts';
import { describeWith } from '../../lab/requirements.ts';

describeWith({ root: true, programs: ['mount'] }, 'files of a disk that has its limits', () => {
  let folder = '';
  let host: Host | undefined;
  const files = () => {
    if (!host) throw new Error('no host');
    return host.files;
  };
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-files-'));
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,nr_inodes=8', 'tmpfs', folder]);
    host = await createLinuxHost({ systemCalls: 'auto' });
  });
  afterEach(async () => {
    await host?.close();
    spawnSync('umount', [folder]);
    rmSync(folder, { recursive: true });
  });

  test.each(['exclusive', 'replace'] as const)('a full disk leaves no part of a file (%s)', async (how) => {
    writeFileSync(join(folder, 'kept'), 'old');
    const writing = files().writeText(join(folder, 'new'), 'x'.repeat(100_000), how);
    await expect(writing).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(readdirSync(folder)).toEqual(['kept']);
    const replacing = files().writeText(join(folder, 'kept'), 'x'.repeat(100_000), 'replace');
    await expect(replacing).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(readFileSync(join(folder, 'kept'), 'utf8')).toBe('old');
  });
  test('a read-only disk says so', async () => {
    spawnSync('mount', ['-o', 'remount,ro', folder]);
    const code = { code: 'EROFS' };
    await expect(files().writeText(join(folder, 'new'), 'x', 'replace')).rejects.toMatchObject(code);
    await expect(
      files().createDirectory(join(folder, 'd'), { uid: 0, gid: 0, mode: 0o755 }),
    ).rejects.toMatchObject(code);
    await expect(files().createSparse(join(folder, 's'), 1)).rejects.toMatchObject(code);
  });
  test('free space is the space that is left', async () => {
    const before = await files().space(folder);
    expect(before).toMatchObject({ freeBytes: 64 * 1024, usedBytes: 0 });
    writeFileSync(join(folder, 'file'), 'x'.repeat(16 * 1024));
    const after = await files().space(folder);
    expect(after).toMatchObject({ freeBytes: 48 * 1024, usedBytes: 16 * 1024, inodes: before.inodes });
    expect(after.usedInodes).toBe((before.usedInodes ?? 0) + 1);
  });
  test('hard links count once, with any bytes in their names', async () => {
    const name = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0xfe, 0xe4])]);
    writeFileSync(name, 'x'.repeat(8 * 1024));
    linkSync(name, join(folder, 'again'));
    const counted = await files().count(
      folder,
      { entries: 100, milliseconds: 10_000 },
      AbortSignal.timeout(10_000),
    );
    // The folder is a tmpfs, in which a directory takes no space.
    expect(counted).toEqual({ usedBytes: 8 * 1024, usedInodes: 2, isWhole: true });
  });
  test('a sparse file takes no space, and one that is too large leaves nothing behind', async () => {
    await files().createSparse(join(folder, 'sparse'), 1 << 30);
    expect(statSync(join(folder, 'sparse')).blocks).toBe(0);
    await expect(files().createSparse(join(folder, 'huge'), 2 ** 63)).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(['sparse']);
  });
  test('a rename to another disk is refused', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'holdfast-files-'));
    writeFileSync(join(folder, 'file'), '');
    await expect(files().rename(join(folder, 'file'), join(elsewhere, 'file'))).rejects.toMatchObject({
      code: 'EXDEV',
    });
    rmSync(elsewhere, { recursive: true });
  });
  test('a mountpoint is made even if the file system has no immutable flag', async () => {
    await files().makeMountpoint(join(folder, 'mountpoint'));
    expect(await files().facts(join(folder, 'mountpoint'))).toMatchObject({ mode: 0 });
    await files().removeDirectory(join(folder, 'mountpoint'));
    expect(readdirSync(folder)).toEqual([]);
  });
  test('facts of a local file need no other thread', async () => {
    expect(await files().facts(folder)).toMatchObject({ kind: 'directory' });
    let isThere = false;
    const asked = files().facts(folder);
    void asked.then(() => {
      isThere = true;
    });
    // An answer of the thread pool comes after all of these.
    for (let turn = 0; turn < 100; turn += 1) await undefined;
    expect(isThere).toBe(true);
    await asked;
    expect(await files().facts(join(folder, 'none'))).toBeUndefined();
    expect(await files().facts(join(folder, 'none/below'))).toBeUndefined();
  });
});

describe('renaming', () => {
  test('succeeds for exactly one of many with the same target', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-files-'));
    const host = await createLinuxHost({ systemCalls: 'auto' });
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (const name of names) writeFileSync(join(folder, name), name);
    const moves = names.map((name) => host.files.rename(join(folder, name), join(folder, 'wanted')));
    const outcomes = await Promise.allSettled(moves);
    const winner = names[outcomes.findIndex(({ status }) => status === 'fulfilled')];
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(readFileSync(join(folder, 'wanted'), 'utf8')).toBe(winner);
    expect(readdirSync(folder)).toHaveLength(names.length);
    await host.close();
    rmSync(folder, { recursive: true });
  });
});
