import { expect, test } from '@jest/globals';
import type { Current } from './contract.ts';

export function describePrograms(current: Current): void {
  const run = (program: string, args: readonly string[], signal = AbortSignal.timeout(100_000)) =>
    current().host.programs.run(program, args, signal);

  test('a failed program is a result, not an error', async () => {
    const { exitCode, stderr } = await run('e2fsck', ['-p', `${current().folder}/none`]);
    expect(exitCode).not.toBe(0);
    expect(stderr).not.toBe('');
  });
  test('a program that is not installed is unavailable, and named', async () => {
    await expect(run('mkfs.none', [])).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('mkfs.none'),
    });
  });
  test('a deadline that has already passed is a timeout', async () => {
    await expect(run('mkfs.ext4', ['-V'], AbortSignal.abort())).rejects.toMatchObject({ code: 'timeout' });
  });
  test('IDs are unique, and the clock is the current time', () => {
    const ids = Array.from({ length: 100 }, () => current().host.newId());
    expect(new Set(ids).size).toBe(100);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(current().host.now()).toBeGreaterThan(Date.UTC(2025));
    expect(current().host.bootId).toMatch(/^[0-9a-f-]{36}$/);
  });
}
