import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Amount } from '../../../src/core/waits/progress.ts';
import { copy, plainPaths } from '../../../src/host/files/copy.ts';
import type { Programs } from '../../../src/host/host.ts';

test('a file that is being copied tells its bytes, and no more once the copy has ended', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-copy-'));
  try {
    const [from, to] = [join(folder, 'from'), join(folder, 'to')];
    await writeFile(from, Buffer.alloc(64 * 1024, 'x'));
    const told: Amount[] = [];
    let hear: () => void = () => undefined;
    const heard = new Promise<void>((resolve) => {
      hear = resolve;
    });
    const slow: Programs = {
      async run() {
        await copyFile(from, to);
        await heard;
        return { exitCode: 0, stdout: '', stderr: '' };
      },
    };
    await copy(slow, plainPaths(from, to), AbortSignal.timeout(100_000), (done) => {
      told.push(done);
      hear();
    });
    expect(told).toEqual([{ bytes: 64 * 1024 }]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
