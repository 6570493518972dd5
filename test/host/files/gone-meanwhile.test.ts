import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Host } from '../../../src/host/host.ts';
import { createLinuxHost } from '../../../src/host/linux-host.ts';
import { describeWith } from '../../lab/requirements.ts';

let host: Host | undefined;
beforeAll(async () => {
  host = await createLinuxHost({ systemCalls: 'auto' });
});
afterAll(() => host?.close());

/** Reads the file without a pause until it is missing. */
async function readUntilMissing(path: string): Promise<number> {
  for (let reads = 1; ; reads += 1) {
    const texts = await Promise.all(Array.from({ length: 8 }, () => host?.files.readText(path)));
    if (texts.includes(undefined)) return reads;
  }
}

describe('a file of procfs', () => {
  test('is missing if its process ends between the opening and the read', async () => {
    for (let round = 0; round < 60; round += 1) {
      const { pid } = spawn('/bin/true');
      expect(await readUntilMissing(`/proc/${pid}/stat`)).toBeGreaterThan(0);
    }
  });
});

describeWith({ root: true, programs: ['losetup'] }, 'a file of sysfs', () => {
  test('is missing if its device is detached between the opening and the read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-loop-'));
    const image = join(folder, 'image');
    try {
      writeFileSync(image, '');
      truncateSync(image, 1 << 20);
      for (let round = 0; round < 20; round += 1) {
        const device = execFileSync('losetup', ['--find', '--show', image], { encoding: 'utf8' }).trim();
        const reading = readUntilMissing(`/sys/block/${basename(device)}/loop/backing_file`);
        const detaching = spawn('losetup', ['--detach', device]);
        expect(await reading).toBeGreaterThan(0);
        if (detaching.exitCode === null) await new Promise((resolve) => detaching.once('exit', resolve));
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
