import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openAppendLog } from '../../../src/host/files/append-log.ts';
import { describeWith } from '../../lab/requirements.ts';

describeWith({ root: true, programs: ['mount'] }, 'a log on a small disk', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-log-'));
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
  });
  afterEach(() => {
    // Unmounts lazily, because a failed test may still have the log open.
    spawnSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true });
  });

  test('keeps no part of an append that did not fit, and continues once there is space', async () => {
    const path = join(folder, 'log');
    const log = await openAppendLog(path);
    await log.append('first\n');
    await expect(log.append(`${'x'.repeat(100_000)}\n`)).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(statSync(path).size).toBe(6);
    await log.append('second\n');
    expect(readFileSync(path, 'utf8')).toBe('first\nsecond\n');
    await log.close();
  });
  test('rejects all appends of a batch that did not fit', async () => {
    const log = await openAppendLog(join(folder, 'log'));
    const large = 'x'.repeat(20_000);
    const first = log.append('first\n');
    const outcomes = await Promise.allSettled([first, ...Array.from({ length: 8 }, () => log.append(large))]);
    // All were appended in one turn of the event loop, so they were one write.
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect(readFileSync(join(folder, 'log'), 'utf8')).toBe('');
    await log.close();
  });
  test('appends to existing content', async () => {
    const path = join(folder, 'log');
    writeFileSync(path, 'old\n');
    const log = await openAppendLog(path);
    await expect(log.append('x'.repeat(100_000))).rejects.toMatchObject({ code: 'ENOSPC' });
    await log.append('new\n');
    expect(readFileSync(path, 'utf8')).toBe('old\nnew\n');
    await log.close();
  });
});
