import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { clearMountpoints } from '../../src/host/clear-mountpoints.ts';
import type { Host } from '../../src/host/host.ts';
import { createLinuxHost } from '../../src/host/linux-host.ts';
import { describeWith } from '../lab/requirements.ts';
import { run } from '../lab/run.ts';

describeWith({ root: true }, 'the mount root on Linux', () => {
  let folder = '';
  let host: Host;
  const at = (path: string) => join(folder, path);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-mountpoints-'));
    host = await createLinuxHost({ systemCalls: 'auto' });
    for (const path of ['mnt/gold/db', 'mnt/gold/logs', 'mnt/.shares/nfs/abc'])
      await host.files.makeMountpoint(at(path));
  });
  afterEach(async () => {
    await run('umount', [at('mnt/gold/db')]);
    await run('chattr', ['-R', '-i', folder]);
    await rm(folder, { recursive: true, force: true });
    await host.close();
  });

  test('is removed with its immutable mountpoints', async () => {
    const deleted = await run('rm', ['-rf', at('mnt')]);
    expect(deleted.stderr).toContain('Operation not permitted');
    await clearMountpoints(host, at('mnt'));
    expect(await host.files.facts(at('mnt'))).toBeUndefined();
    await clearMountpoints(host, at('mnt'));
  });

  test('keeps mounts, and files of others', async () => {
    await run('mount', ['-t', 'tmpfs', 'tmpfs', at('mnt/gold/db')]);
    await writeFile(at('mnt/gold/db/file'), 'data');
    await mkdir(at('mnt/mine'));
    await writeFile(at('mnt/mine/note'), 'mine');
    await mkdir(at('mnt/gold/empty'));
    await clearMountpoints(host, at('mnt'));
    expect(await host.files.readText(at('mnt/mine/note'))).toBe('mine');
    expect(await host.files.readText(at('mnt/gold/db/file'))).toBe('data');
    expect([...((await host.files.list(at('mnt/gold'))) ?? [])].sort()).toEqual(['db', 'empty']);
    expect(await host.files.facts(at('mnt/.shares'))).toBeUndefined();
  });
});
