import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, realpathSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { loadSystemCalls } from '../../../src/host/system-calls.ts';

/** Magic numbers of ext4 and xfs, which give a file its blocks when its content is written out. */
const delaying = [0xef53, 0x58465342];

describe('the content of a file', () => {
  let folder = '';
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-write-out-')));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Asks for the blocks without a flush. */
  const hasBlocks = (path: string) =>
    !/delalloc/.test(spawnSync('filefrag', ['-v', path], { encoding: 'utf8' }).stdout);

  test('is on its way to the disk once it is written out', async () => {
    const calls = await loadSystemCalls();
    const path = join(folder, 'file');
    const fd = openSync(path, 'wx');
    try {
      writeSync(fd, 'x'.repeat(4096));
      if (delaying.includes(statfsSync(folder).type)) expect(hasBlocks(path)).toBe(false);
      await calls?.writeOut(fd, path);
      expect(hasBlocks(path)).toBe(true);
    } finally {
      closeSync(fd);
    }
  });
});
