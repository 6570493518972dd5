import { describe, expect, test } from '@jest/globals';
import { createFollowedPrograms } from '../../src/host/follow-program.ts';

const { follow } = createFollowedPrograms();
const signal = new AbortController().signal;

test('a followed program tells its lines, its end and its complaint, and gets what it needs', async () => {
  const lines: string[] = [];
  const how = {
    environment: { SECRET: 'x' },
    directory: '/usr',
    line: (text: string) => void lines.push(text),
  };
  const script = 'printf "one\\ntwo"; echo "$SECRET $(pwd) $HOME" >&2; exit 3';
  expect(await follow('sh', ['-c', script], how, signal)).toEqual({ exitCode: 3, stderr: 'x /usr \n' });
  expect(lines).toEqual(['one', 'two']);
});

test('an interrupted program may clean up, and one that is not installed is named with its package', async () => {
  const controller = new AbortController();
  const lines: string[] = [];
  const how = {
    environment: {},
    directory: '/',
    line(text: string) {
      lines.push(text);
      controller.abort();
    },
  };
  const script = 'trap "echo unlocked; exit 1" INT; echo begun; while :; do sleep 0.05; done';
  await expect(follow('sh', ['-c', script], how, controller.signal)).rejects.toMatchObject({
    code: 'timeout',
  });
  expect(lines).toEqual(['begun', 'unlocked']);
  const nowhere = createFollowedPrograms('/nowhere').follow('restic', [], how, signal);
  await expect(nowhere).rejects.toMatchObject({
    code: 'unavailable',
    message: "restic is not installed: install the package restic (Debian's name).",
  });
});

describe('a followed program that has not ended after its patience', () => {
  /** Told how it is by its code in Node: a program that it would start counts as its work. */
  const followed = (code: string, line: (text: string) => void = () => {}) =>
    follow(
      process.execPath,
      ['-e', `${code}; process.on('SIGINT', () => { console.log('unlocked'); process.exit(1); })`],
      { environment: {}, directory: '/', patience: 600, line },
      signal,
    );

  test.each([
    ['waits', 'setInterval(() => {}, 1e6)'],
    ['waits, and tells again and again how far it is', 'setInterval(() => console.log("0 %"), 20)'],
  ])('is ended if it only %s', async (_, code) => {
    const lines: string[] = [];
    await expect(followed(code, (text) => void lines.push(text))).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining(
        'was ended, because it did nothing for 0.01 minutes: what it waits for does not answer.',
      ),
    });
    expect(lines.at(-1)).toBe('unlocked');
  });

  test.each([
    ['reads', 'fs.readFileSync("/proc/self/maps")'],
    ['writes', 'fs.writeFileSync("/dev/null", "x".repeat(8192))'],
  ])('is left alone while it %s', async (_, work) => {
    const code = `let rounds = 0; const timer = setInterval(() => { ${work}; if (++rounds > 40) process.exit(0); }, 50)`;
    expect(await followed(code)).toMatchObject({ exitCode: 0 });
  });
});
