import { describe, expect, test } from '@jest/globals';
import { VolumeError } from '../../src/core/volume-error.ts';
import { runHere } from './in-process.ts';

const commands = [
  [],
  ['serve'],
  ['check'],
  ['doctor'],
  ['recover'],
  ['install'],
  ['uninstall'],
  ['version'],
  ['completion'],
  ['support-bundle'],
  ['volume'],
  ['driver'],
  ['drain'],
  ['mesos'],
  ...['agents', 'resources', 'reserve', 'unreserve', 'persist', 'destroy'].map((verb) => ['mesos', verb]),
  ...['ls', 'inspect'].map((verb) => ['driver', verb]),
  ...[
    'ls',
    'inspect',
    'create',
    'rm',
    'undelete',
    'mount',
    'unmount',
    'release',
    'clone',
    'rollback',
    'grow',
  ].map((verb) => ['volume', verb]),
  ['backup'],
  ...['init', 'run', 'ls', 'prove', 'restore', 'prune', 'check'].map((verb) => ['backup', verb]),
  ['snapshot'],
  ...['create', 'ls', 'rm'].map((verb) => ['snapshot', verb]),
];

describe('help', () => {
  test.each(commands.map((words) => [['holdfast', ...words].join(' '), words] as const))(
    'for %s fits on one screen',
    async (usage, words) => {
      const { code, out, err } = await runHere([...words, '--help']);
      const lines = out.trimEnd().split('\n');
      expect(code).toBe(0);
      expect(err).toBe('');
      expect(lines[0]).toContain(`Usage: ${usage}`);
      // One line remains for the prompt.
      expect(lines.length).toBeLessThanOrEqual(23);
      expect(lines.filter((line) => line.length > 80)).toEqual([]);
    },
  );

  test('names every command except version, which is also an option', async () => {
    const { out } = await runHere(['--help']);
    for (const [command = ''] of commands.slice(1))
      expect(new RegExp(`^  ${command}\\b`, 'm').test(out)).toBe(command !== 'version');
    expect(out).toContain('\nOptions: -h, --help; -V, --version.\n');
    expect((await runHere(['-h'])).out).toBe(out);
  });

  test('leaves room for three more commands', async () => {
    const lines = (await runHere(['--help'])).out.trimEnd().split('\n');
    const known = ['doctor', 'completion', 'support-bundle'].filter((name) =>
      lines.some((line) => line.startsWith(`  ${name}`)),
    );
    expect(lines.length + 3 - known.length).toBeLessThanOrEqual(23);
  });

  test.each([[[]], [['volume']], [['volume', 'create']], [['check']]])(
    'is the same for `holdfast help` and --help: %j',
    async (words: readonly string[]) => {
      const asked = await runHere([...words, '--help']);
      expect(await runHere(['help', ...words])).toEqual(asked);
      expect(asked.code).toBe(0);
    },
  );

  test.each([[[]], [['volume']]])(
    'is printed for an incomplete command, with exit code 2: %j',
    async (words) => {
      const { code, out, err } = await runHere(words);
      expect([code, out]).toEqual([2, '']);
      expect(err).toContain('Usage: holdfast');
    },
  );
});

describe('every command except the groups', () => {
  test.each(
    commands
      .slice(1)
      .filter(
        ([first = '', verb]) => !['volume', 'snapshot', 'backup', 'driver', 'mesos'].includes(first) || verb,
      )
      .map((words) => [words]),
  )('takes --json: %j', async (words) => {
    expect((await runHere([...words, '--help'])).out).toContain('--json');
  });
});

describe('invalid arguments', () => {
  test.each<[string[], string]>([
    [['volum'], "unknown command 'volum' (Did you mean volume?)"],
    [['--hlp'], "unknown option '--hlp' (Did you mean --help?)"],
    [['volume', 'list'], "unknown command 'list' (Did you mean ls?)"],
    [['volume', 'delete', 'x'], "unknown command 'delete' (Did you mean rm?)"],
    [['volume', 'show', 'x'], "unknown command 'show' (Did you mean inspect?)"],
    [['volume', 'explode'], "unknown command 'explode'. See `holdfast volume --help`."],
    [['volume', '__proto__'], "unknown command '__proto__'. See `holdfast volume --help`."],
    [['constructor'], "unknown command 'constructor'. See `holdfast --help`."],
    [['ls'], "unknown command 'ls' (Did you mean volume ls?)"],
    [['delete', 'x'], "unknown command 'delete' (Did you mean volume rm?)"],
    [['restore', 'nas:db', 'x'], "unknown command 'restore' (Did you mean backup restore?)"],
    [['status'], "unknown command 'status' (Did you mean doctor?)"],
    [['--socket', 'x', 'volume', 'ls'], "'--socket'. Options come after the command: see `holdfast --help`."],
    [['volume', '-q', 'ls'], "'-q'. Options come after the command: see `holdfast volume --help`."],
    [['help', 'volum'], "unknown command 'volum' (Did you mean volume?)"],
    [['help', 'volume', 'creat'], "unknown command 'creat' (Did you mean create?)"],
    [['help', 'volume', 'rm', 'x'], "unknown command 'x'"],
    [['volume', 'inspct', 'x'], "unknown command 'inspct' (Did you mean inspect?)"],
    [['volume', 'ls', '--drivr', 'x'], "unknown option '--drivr' (Did you mean --driver?)"],
    [['volume', 'ls', 'extra'], 'too many arguments'],
    [['volume', 'inspect'], "missing required argument 'name'"],
    [['volume', 'rm'], "missing required argument 'name'. Write `holdfast volume rm <name>`."],
    [['snapshot', 'create', 'db', 'daily'], 'but got 2. Write `holdfast snapshot create <volume@name>`.'],
    [['volume', 'create', 'x', '--size', '1GiB'], "'--size'. Write an option of the volume as `-o size=…`."],
    [['volume', 'clone', 'x', 'y', '--mode'], "'--mode'. Write an option of the volume as `-o mode=…`."],
    [['volume', 'rm', 'x', '--size'], "unknown option '--size'"],
    [['volume', 'create', 'x', '-o', 'size'], 'Write it as key=value.'],
    [['volume', 'create', 'x', '-o', '=1'], 'Write it as key=value.'],
    [['volume', 'create', 'x', '-o', 'a=1', '-o', 'a=2'], 'a is given twice.'],
    [['volume', 'ls', '--driver'], "option '-d, --driver <name>' argument missing"],
    [['serve', '--confg', 'x'], "unknown option '--confg' (Did you mean --config?)"],
  ])('%j is reported in one line, with exit code 2', async (words, message) => {
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

/** No daemon listens here, so a command that asked it first would fail with another error, and exit code 1. */
describe('arguments that no command can mean', () => {
  const name = 'a/b';
  test.each<[string[]]>([
    [['volume', 'create', name]],
    [['volume', 'inspect', name]],
    [['volume', 'rm', name]],
    [['volume', 'rm', 'db', name]],
    [['volume', 'undelete', name]],
    [['volume', 'undelete', 'db', '--as', name]],
    [['volume', 'mount', name]],
    [['volume', 'unmount', name]],
    [['volume', 'release', name]],
    [['volume', 'clone', name, 'copy']],
    [['volume', 'clone', 'db', name]],
    [['volume', 'clone', 'db@one@two', 'copy']],
    [['volume', 'clone', 'db', 'copy', '-o', 'from=db']],
    [['volume', 'rollback', 'db']],
    [['volume', 'grow', name, '1GiB']],
    [['volume', 'modify', name]],
    [['volume', 'ls', '--sort', 'colour']],
    [['volume', 'ls', '--filter', 'colour=red']],
    [['volume', 'ls', '--filter', 'name']],
    [['volume', 'ls', '--format', '{{.Colour}}']],
    [['volume', 'ls', '--quiet', '--format', 'json']],
    [['volume', 'ls', '--removed', '--unused']],
    [['snapshot', 'create', 'db']],
    [['snapshot', 'create', 'db@']],
    [['snapshot', 'rm', 'db']],
    [['snapshot', 'rm', 'db@one', 'db']],
    [['snapshot', 'copy', 'db', '--to', 'eu-west-1']],
    [['snapshot', 'ls', name]],
    [['backup', 'restore', 'db', 'copy']],
    [['backup', 'restore', 'nas:db', name]],
    [['driver', 'inspect', name]],
    [['events', '--since', 'yesterday']],
    [['events', '--volume', name]],
    [['why', name]],
    [['mesos', 'agents', '--master', 'zk://a']],
  ])('%j is refused with exit code 2 and nothing is asked', async (words) => {
    const refused = await runHere([...words, '--json']);
    expect(JSON.parse(refused.err)).toEqual({ error: { code: 'invalid', message: expect.any(String) } });
    expect([refused.code, refused.out]).toEqual([2, '']);
    const takesDryRun = (await runHere([...words.slice(0, 2), '--help'])).out.includes('--dry-run');
    if (takesDryRun) expect(await runHere([...words, '--json', '--dry-run'])).toEqual(refused);
  });

  test('a configuration that cannot be used is a failure of the command, with exit code 1', async () => {
    const unusable = async () => {
      throw new VolumeError('invalid', 'The configuration cannot be used.');
    };
    expect((await runHere(['serve'], { serve: unusable })).code).toBe(1);
    expect((await runHere(['recover'], { recoverOffline: unusable })).code).toBe(1);
  });
});

test('version is printed for people and for programs', async () => {
  expect(await runHere(['version'])).toEqual({ code: 0, out: 'holdfast 1.2.3\n', err: '' });
  expect(await runHere(['--version'])).toEqual({ code: 0, out: '1.2.3\n', err: '' });
  expect(JSON.parse((await runHere(['version', '--json'])).out)).toEqual({ version: '1.2.3' });
});

test('an unexpected exception is reported like any other error', async () => {
  const failing = async (): Promise<never> => {
    throw new TypeError('x is not a function');
  };
  const ended = await runHere(['serve', '--json'], { serve: failing });
  expect(ended.code).toBe(1);
  expect(JSON.parse(ended.err)).toEqual({
    error: { code: 'failed', message: expect.stringContaining('x is not') },
  });
});
