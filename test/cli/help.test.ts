import { describe, expect, test } from '@jest/globals';
import { runHere } from './in-process.ts';

const commands = [
  [],
  ['serve'],
  ['check'],
  ['recover'],
  ['install'],
  ['uninstall'],
  ['version'],
  ['volume'],
  ['mesos'],
  ...['agents', 'resources', 'reserve', 'unreserve', 'persist', 'destroy'].map((verb) => ['mesos', verb]),
  ...['ls', 'inspect', 'create', 'rm', 'undelete', 'mount', 'unmount'].map((verb) => ['volume', verb]),
];

describe('help', () => {
  test.each(commands.map((words) => [['holdfast', ...words].join(' '), words] as const))(
    'of %s fits on one screen',
    async (usage, words) => {
      const { code, out, err } = await runHere([...words, '--help']);
      const lines = out.trimEnd().split('\n');
      expect(code).toBe(0);
      expect(err).toBe('');
      expect(lines[0]).toContain(`Usage: ${usage}`);
      // One line is left for the prompt.
      expect(lines.length).toBeLessThanOrEqual(23);
      expect(lines.filter((line) => line.length > 80)).toEqual([]);
    },
  );

  test('names every command', async () => {
    const { out } = await runHere(['--help']);
    for (const [command = ''] of commands.slice(1)) expect(out).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
  });

  test.each([[[]], [['volume']]])('is what one gets for too little, as wrong use: %j', async (words) => {
    const { code, out, err } = await runHere(words);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('Usage: holdfast');
  });
});

describe('every command but the groups', () => {
  test.each(
    commands
      .slice(1)
      .filter(([first = '', verb]) => !['volume', 'mesos'].includes(first) || verb)
      .map((words) => [words]),
  )('takes --json: %j', async (words) => {
    expect((await runHere([...words, '--help'])).out).toContain('--json');
  });
});

describe('wrong use', () => {
  test.each<[string[], string]>([
    [['volum'], "unknown command 'volum' (Did you mean volume?)"],
    [['volume', 'list'], "unknown command 'list'"],
    [['volume', 'inspct', 'x'], "unknown command 'inspct' (Did you mean inspect?)"],
    [['volume', 'ls', '--drivr', 'x'], "unknown option '--drivr' (Did you mean --driver?)"],
    [['volume', 'ls', 'extra'], 'too many arguments'],
    [['volume', 'inspect'], "missing required argument 'name'"],
    [['volume', 'rm'], "missing required argument 'name'"],
    [['volume', 'create', 'x', '-o', 'size'], 'Write it as key=value.'],
    [['volume', 'create', 'x', '-o', '=1'], 'Write it as key=value.'],
    [['volume', 'create', 'x', '-o', 'a=1', '-o', 'a=2'], 'a is given twice.'],
    [['volume', 'ls', '--driver'], "option '-d, --driver <name>' argument missing"],
    [['serve', '--confg', 'x'], "unknown option '--confg' (Did you mean --config?)"],
  ])('%j is told in one line, and ends with 2', async (words, message) => {
    const text = await runHere(words);
    expect([text.code, text.out]).toEqual([2, '']);
    expect(text.err).toMatch(/^holdfast: [^\n]+\n$/);
    expect(text.err).toContain(message);

    const flag = words.findIndex((word) => word.startsWith('-'));
    const json = await runHere(words.toSpliced(flag < 0 ? words.length : flag, 0, '--json'));
    expect([json.code, json.out]).toEqual([2, '']);
    expect(JSON.parse(json.err)).toEqual({ error: { code: 'invalid', message: expect.any(String) } });
  });
});

test('version is printed for people and for programs', async () => {
  expect(await runHere(['version'])).toEqual({ code: 0, out: 'holdfast 1.2.3\n', err: '' });
  expect(await runHere(['--version'])).toEqual({ code: 0, out: '1.2.3\n', err: '' });
  expect(JSON.parse((await runHere(['version', '--json'])).out)).toEqual({ version: '1.2.3' });
});

test('what nobody thought of is an error like any other', async () => {
  const failing = async (): Promise<never> => {
    throw new TypeError('x is not a function');
  };
  const ended = await runHere(['serve', '--json'], { serve: failing });
  expect(ended.code).toBe(1);
  expect(JSON.parse(ended.err)).toEqual({
    error: { code: 'failed', message: expect.stringContaining('x is not') },
  });
});
