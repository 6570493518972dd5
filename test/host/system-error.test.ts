import { describe, expect, test } from '@jest/globals';
import { makeOn, remoteBy } from '../../src/host/remote-calls.ts';
import { systemErrorOf } from '../../src/host/system-error.ts';

const unnamed = [
  [15, 'ENOTBLK'],
  [116, 'ESTALE'],
  [117, 'EUCLEAN'],
  [122, 'EDQUOT'],
] as const;

describe('an error of the system that libuv has no name for', () => {
  test.each(unnamed)('%i of a system call is %s', (errno, code) => {
    expect(systemErrorOf(errno, 'rename', '/a')).toMatchObject({
      code,
      message: expect.stringMatching(`^${code}: .*, rename '/a'$`),
    });
  });

  test.each(unnamed)('%i of a call of Node on a share is %s', async (errno, code) => {
    const text = `Unknown system error -${errno}`;
    const thrown = Object.assign(new Error(text), { errno: -errno, code: text, syscall: 'fstat' });
    // Node throws both when the close fails after a read that failed.
    for (const failure of [thrown, Object.assign(new AggregateError([thrown, thrown]), { code: text })]) {
      const remote = remoteBy(() => Promise.reject(failure));
      await expect(makeOn(remote, { name: 'readText', args: ['/a'] })).rejects.toMatchObject({ code });
    }
  });
});
