import { spawnSync } from 'node:child_process';
import {
  closeSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  realpathSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createLinuxHost } from '../../../src/host/linux-host.ts';
import { loadSystemCalls } from '../../../src/host/system-calls.ts';

const text = 'x'.repeat(4096);
/** Magic numbers of ext4 and xfs, which know the flag; others may not. */
const knowing = [0xef53, 0x58465342];

describe('a read of what is in memory', () => {
  let folder = '';
  let path = '';
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-cached-')));
    path = join(folder, 'file');
    const fd = openSync(path, 'wx');
    writeSync(fd, text);
    fsyncSync(fd);
    closeSync(fd);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function readCached(offset: number): Promise<string | false | undefined> {
    const calls = await loadSystemCalls();
    const fd = openSync(path, 'r');
    const bytes = new Uint8Array(2048);
    const isRead = calls?.readCached(fd, bytes, offset);
    closeSync(fd);
    return isRead ? Buffer.from(bytes).toString() : isRead;
  }
  /** Takes the file out of the kernel's memory. */
  const forget = () => spawnSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none']);

  test('is made at once; one of what is on the disk alone, or beyond the end, is not', async () => {
    if (knowing.includes(statfsSync(folder).type)) expect(await readCached(1024)).toBe(text.slice(0, 2048));
    expect(await readCached(3000)).toBe(false);
    expect(await readCached(2 ** 31)).toBe(false);
    forget();
    expect(await readCached(1024)).toBe(false);
  });
  test('or on the pool gives the same bytes', async () => {
    const { files } = await createLinuxHost({ systemCalls: 'auto' });
    for (const state of ['in memory', 'on the disk']) {
      if (state === 'on the disk') forget();
      for (const [offset, length] of [
        [0, 2048],
        [3000, 1096],
        [5000, 0],
      ] as const) {
        const read = await files.below(folder).readBytes(path, offset, 2048);
        expect(Buffer.from(read).toString()).toBe(text.slice(0, length));
      }
    }
  });
});
