import { expect, test } from '@jest/globals';
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
