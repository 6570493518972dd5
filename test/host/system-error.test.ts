import { describe, expect, test } from '@jest/globals';
import { makeOn, remoteBy } from '../../src/host/remote/calls.ts';
import { systemErrorOf } from '../../src/host/system-error.ts';

const unnamed = [
  [15, 'ENOTBLK'],
  [116, 'ESTALE'],
  [117, 'EUCLEAN'],
  [122, 'EDQUOT'],
] as const;

describe('a system error without a name in libuv', () => {
  test.each(unnamed)('%i of a system call is %s', (errno, code) => {
    expect(systemErrorOf(errno, 'rename', '/a')).toMatchObject({
      code,
      message: expect.stringMatching(`^${code}: .*, rename '/a'$`),
    });
  });

  test.each(unnamed)('%i of a call of Node on a share is %s', async (errno, code) => {
    const text = `Unknown system error -${errno}`;
    const thrown = Object.assign(new Error(text), { errno: -errno, code: text, syscall: 'fstat' });
    // Node throws both errors if the read fails and then the close.
    for (const failure of [thrown, Object.assign(new AggregateError([thrown, thrown]), { code: text })]) {
      const remote = remoteBy(
        () => Promise.reject(failure),
        async () => undefined,
      );
      await expect(makeOn(remote, { name: 'readText', args: ['/a'] })).rejects.toMatchObject({ code });
    }
  });
});

describe('an error of a call on a server', () => {
  const said = (failure: Error) =>
    makeOn(
      remoteBy(
        () => Promise.reject(failure),
        async () => undefined,
      ),
      { name: 'readLatest', args: ['/a/db.json'] },
    );

  test('names the file, even if Node does not, as for an open file', async () => {
    for (const more of [{ syscall: 'close' }, {}]) {
      const failure = Object.assign(new Error('EIO: i/o error, close'), { code: 'EIO', ...more });
      await expect(said(failure)).rejects.toMatchObject({
        code: 'EIO',
        message: "EIO: i/o error, close '/a/db.json'",
      });
    }
  });
  test('stays unchanged if it names the file, or is not a system error', async () => {
    const text = "EIO: i/o error, open '/a/db.json'";
    const failure = Object.assign(new Error(text), { code: 'EIO', syscall: 'open', path: '/a/db.json' });
    await expect(said(failure)).rejects.toBe(failure);
    const other = new Error('something else');
    await expect(said(other)).rejects.toBe(other);
  });
});
