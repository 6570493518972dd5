import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createFileLocks } from '../../../src/host/files/lock-file.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-lock-'));
  path = join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe.each(['auto', 'spawned'] as const)('a file lock (%s)', (systemCalls) => {
  test('has one holder at a time; a release frees it and removes the file', async () => {
    const takeLock = await createFileLocks(systemCalls);
    const first = await takeLock(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await takeLock(path)).toBeUndefined();
    await first?.release();
    expect(existsSync(path)).toBe(false);
    const second = await takeLock(path);
    expect(await second?.isWhole()).toBe(true);
    await second?.release();
  });

  test('of another process is kept by the kernel until that process is killed', async () => {
    const takeLock = await createFileLocks(systemCalls);
    writeFileSync(path, '');
    const program = '$| = 1; open my $file, "+<", shift; flock $file, 6 or die; print "locked\\n"; sleep 60';
    const holder = spawn('perl', ['-e', program, path]);
    await once(holder.stdout, 'data');
    expect(await takeLock(path)).toBeUndefined();
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const lock = await takeLock(path);
    expect(lock).toBeDefined();
    await lock?.release();
  });

  test('detects that its file was deleted, and does not remove another’s file', async () => {
    const takeLock = await createFileLocks(systemCalls);
    const first = await takeLock(path);
    rmSync(path);
    expect(await first?.isWhole()).toBe(false);
    const second = await takeLock(path);
    await first?.release();
    expect(await second?.isWhole()).toBe(true);
    await second?.release();
  });

  test('is not taken through a symlink', async () => {
    const takeLock = await createFileLocks(systemCalls);
    symlinkSync(join(folder, 'elsewhere'), path);
    await expect(takeLock(path)).rejects.toMatchObject({ code: 'ELOOP' });
    expect(existsSync(join(folder, 'elsewhere'))).toBe(false);
  });
});
