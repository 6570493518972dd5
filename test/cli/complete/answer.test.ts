import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import fc from 'fast-check';
import { wordsOfLine } from '../../../src/cli/complete/line.ts';
import { parseVolumeName } from '../../../src/core/names.ts';
import { documentedCommands } from '../../docs/command-line.ts';
import { type AdminSocket, openAdminSocket } from '../../fakes/admin-socket.ts';
import { createFakeDriver, type FakeDriver } from '../../fakes/fake-driver.ts';
import { runHere } from '../in-process.ts';

let gold: FakeDriver;
let iron: FakeDriver;
let socket: AdminSocket;
beforeEach(async () => {
  gold = createFakeDriver('gold');
  iron = createFakeDriver('iron');
  socket = await openAdminSocket([gold, iron]);
  for (const name of ['db', 'web']) await gold.create(parseVolumeName(name), {});
  await iron.create(parseVolumeName('scratch'), {});
});
afterEach(() => socket.close());

/** The completions for these words; the last one is incomplete. */
async function offered(...words: string[]): Promise<readonly string[]> {
  return (await rows(words)).map((row) => row.split('\t')[0] ?? '');
}

async function rows(words: readonly string[]): Promise<readonly string[]> {
  const asked = ['__complete', 'zsh', '--', 'holdfast', ...words];
  const { code, out, err } = await runHere(asked, { adminSocket: async () => socket.path });
  expect([code, err]).toEqual([0, '']);
  const [kind, ...offers] = out.trimEnd().split('\n');
  return kind === 'words' ? offers : [kind ?? ''];
}

test.each(documentedCommands().map(({ name, command }) => [name, command] as const))(
  '%s: the command and each of its flags is offered, with its description',
  async (name, command: Command) => {
    const [, ...words] = name.split(' ');
    const isHidden = name === 'holdfast version';
    if (!isHidden) {
      const found = await rows(words);
      expect(found.map((row) => row.split('\t')[0])).toContain(words.at(-1));
      expect(found.join('\n')).toContain(`${words.at(-1)}\t${command.description()}`);
    }
    const flags = await offered(...words, '-');
    expect(flags).toEqual(expect.arrayContaining(command.options.map(({ long }) => long)));
    expect(flags).toContain('--help');
  },
);

describe('names', () => {
  test('of volumes are those of all drivers, or of the given one', async () => {
    expect(await offered('volume', 'rm', '')).toEqual(['db', 'scratch', 'web']);
    expect(await offered('volume', 'inspect', '-d', 'iron', '')).toEqual(['scratch']);
    expect(await offered('volume', 'inspect', '--driver=gold', 'w')).toEqual(['web']);
    expect(await offered('why', '')).toEqual(['db', 'scratch', 'web']);
    expect(await offered('events', '--volume=d')).toEqual(['--volume=db']);
  });

  test('that are already in the line are not offered again', async () => {
    expect(await offered('volume', 'rm', 'db', '')).toEqual(['scratch', 'web']);
    expect(await offered('volume', 'inspect', 'db', '')).toContain('--driver');
  });

  test('of drivers and of removed volumes are offered', async () => {
    expect(await offered('driver', 'inspect', '')).toEqual(['gold', 'iron']);
    expect(await offered('volume', 'create', 'new', '--driver', '')).toEqual(['gold', 'iron']);
    await gold.remove(parseVolumeName('db'));
    expect(await offered('volume', 'undelete', '')).toEqual(['db']);
  });

  test('are not offered for a new volume', async () => {
    expect(await offered('volume', 'create', '')).toEqual([]);
  });

  test('are missing while the daemon is down or fails, without a message', async () => {
    gold.failNext(new Error('x'));
    expect(await offered('volume', 'undelete', '')).toEqual([]);
    expect(await offered('volume', 'rm', '--socket', '/nonexistent', '')).toEqual([]);
  });

  test('are waited for no longer than 1 s if the daemon hangs', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-hung-'));
    const hung: Server = createServer(() => undefined);
    await new Promise<void>((resolve) => hung.listen(join(folder, 'hung.sock'), resolve));
    expect(await offered('volume', 'rm', '--socket', join(folder, 'hung.sock'), '')).toEqual([]);
    hung.closeAllConnections();
    hung.close();
    await rm(folder, { recursive: true, force: true });
  });
});

describe('values', () => {
  test.each<[string[], string[]]>([
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [
      ['mesos', 'resources', '--as', ''],
      ['mount', 'path'],
    ],
    [
      ['volume', 'ls', '--filter', 'h'],
      ['health=', 'holder='],
    ],
    [['serve', '--config', ''], ['files']],
    [['serve', '-c', ''], ['files']],
    [['serve', '--config='], ['files']],
    [['check', ''], ['files']],
    [['install', '--root', '/'], ['folders']],
    [['events', '--since', ''], []],
    [['volume', 'rm', '--', '-'], []],
    [['help', 'vol'], ['volume']],
    [['volume', 'list', ''], []],
    [['nonsense', ''], []],
  ])('%j', async (words, wanted) => {
    expect(await offered(...words)).toEqual(wanted);
  });

  test('of a flag: a given flag is offered again only if it may be repeated', async () => {
    const flags = await offered('volume', 'ls', '--removed', '--filter', 'name=x', '-');
    expect(flags).toContain('--filter');
    expect(flags).not.toContain('--removed');
  });
});

describe('in bash, which splits words at = and :', () => {
  test.each<[string, string, string[]]>([
    ['holdfast volume ls --sort=-u', '-u', ['-used']],
    ['holdfast volume ls --sort=', '', ['driver', '-driver', 'name']],
    ["holdfast volume inspect --driver 'iron' ", '', ['scratch']],
    ['holdfast volume inspect w', 'w', ['web']],
  ])('%s', async (line, current, wanted) => {
    const asked = ['__complete', 'bash', '--', line, current];
    const { out } = await runHere(asked, { adminSocket: async () => socket.path });
    expect(
      out
        .trimEnd()
        .split('\n')
        .slice(1, wanted.length + 1),
    ).toEqual(wanted);
  });

  test.each<[string, string[]]>([
    ['a  b\tc', ['a', 'b', 'c']],
    ['a ', ['a', '']],
    ['--config=\'/my dir/x\' "it\'s \\" \\x" b\\ c', ['--config=/my dir/x', 'it\'s " \\x', 'b c']],
    ["'not ended yet", ['not ended yet']],
    ['"$(touch x)" `y`', ['$(touch x)', '`y`']],
  ])('the words of %s', (line, words) => {
    expect(wordsOfLine(line)).toEqual(words);
  });

  test('any word that is quoted for a shell is read back unchanged', () => {
    const words = fc.array(fc.string({ minLength: 1, unit: 'binary' }), { minLength: 1 });
    fc.assert(
      fc.property(words, (given) => {
        const quoted = given.map((word) => `'${word.replaceAll("'", "'\\''")}'`);
        expect(wordsOfLine(quoted.join(' '))).toEqual(given);
      }),
    );
  });
});

test('for any line, the answer is a list, and never a failure', async () => {
  const word = fc.oneof(
    fc.constantFrom(
      'volume',
      'ls',
      '--driver',
      '-d',
      '--',
      '--sort=',
      'mesos',
      'help',
      '-',
      '',
      '--json',
      '-h',
    ),
    fc.string(),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('bash', 'zsh', 'fish'), fc.array(word), async (shell, words) => {
      const asked = ['__complete', shell, '--', 'holdfast', ...words];
      const { code, out, err } = await runHere(asked);
      expect([code, err]).toEqual([0, '']);
      expect(out).toMatch(/^(words|files|folders)\n/);
    }),
    { numRuns: 50 },
  );
});
