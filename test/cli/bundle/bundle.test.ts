import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { backends } from '../../../src/backends/index.ts';
import { createAdminClient } from '../../../src/cli/admin-client.ts';
import type { Machine } from '../../../src/cli/bundle/machine.ts';
import { makeBundle } from '../../../src/cli/bundle/make.ts';
import type { CommandLineParts } from '../../../src/cli/command-line-parts.ts';
import { loadConfiguration } from '../../../src/config/load-configuration.ts';
import { placesOfSecrets } from '../../fakes/secrets.ts';
import { describeWith } from '../../lab/requirements.ts';
import { output } from '../../lab/run.ts';
import { runHere } from '../in-process.ts';
import { holdfast } from '../run-cli.ts';

let folder = '';
let server: Server | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-bundle-'));
});
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

const bundle = () => join(folder, 'support.tar.gz');

/** A daemon that has these words in every answer. */
async function daemon(words: string, listener?: RequestListener): Promise<void> {
  const volume = { name: 'db', options: { mountOptions: words, password: words }, details: { words } };
  const answer: RequestListener = ({ url = '' }, response) => {
    if (url === '/metrics') return response.end(`# HELP x ${words.replaceAll('\n', ' ')}\nup 1\n`);
    if (url.includes('gold'))
      return response.writeHead(500).end(JSON.stringify({ error: { code: 'failed', message: words } }));
    const drivers = [{ name: 'gold', driver: 'gold', steps: [{ why: words }] }];
    const events = [{ message: words }];
    return response.end(
      JSON.stringify({ version: words, drivers, volumes: [volume], events, tokens: [words, { x: words }] }),
    );
  };
  server?.close();
  server = createServer(listener ?? answer);
  await rm(join(folder, 'admin.sock'), { force: true });
  await new Promise<void>((resolve) => server?.listen(join(folder, 'admin.sock'), resolve));
}

function machine(words: string, more: Partial<Machine> = {}): Machine {
  return {
    mountInfo: async () =>
      `1 0 0:1 / ${folder}/mnt/gold/db rw - nfs ${words} rw\n2 0 0:2 / /home rw - ext4 /dev/x rw\n`,
    journal: async () => `holdfast[1]: ${words}\n`,
    system: async () => ({ kernel: words }),
    read: (path) => readFile(path, 'utf8'),
    ...more,
  };
}

async function run(words: string, parts: Partial<CommandLineParts> = {}, given: readonly string[] = []) {
  const config = join(folder, 'config.yaml');
  const drivers = {
    gold: { backend: 'local', settings: { root: join(folder, 'volumes') }, defaults: { uid: '7' } },
  };
  const admin = { listen: '127.0.0.1:1', tokenFile: join(folder, 'token') };
  await writeFile(config, JSON.stringify({ mountRoot: `${folder}/mnt`, drivers, admin }));
  return runHere(
    [
      'support-bundle',
      '--config',
      config,
      '--socket',
      join(folder, 'admin.sock'),
      '--output',
      bundle(),
      ...given,
    ],
    {
      loadConfiguration: (file) => loadConfiguration({ file, environment: {}, backends }),
      examine: async () => [
        { check: 'space', level: 'failure', subject: words, evidence: words, mend: words },
      ],
      recoverOffline: async () => [],
      machine: machine(words),
      ...parts,
    },
  );
}

/** The text of each file in the bundle, by name. */
async function unpacked(): Promise<Readonly<Record<string, string>>> {
  await output('tar', ['-xzf', bundle(), '-C', folder]);
  const names = await readdir(join(folder, 'support'));
  const texts = names.map(async (name) => [name, await readFile(join(folder, 'support', name), 'utf8')]);
  return Object.fromEntries(await Promise.all(texts));
}

const names = [
  'bundle.json',
  'configuration.json',
  'doctor.json',
  'drivers.json',
  'events.json',
  'journal.txt',
  'metrics.txt',
  'mounts.txt',
  'recovery.json',
  'removed.json',
  'system.json',
  'uses.json',
  'version.json',
  'volumes.json',
];

describe('support-bundle', () => {
  test('writes one archive, which only its owner can read', async () => {
    await daemon('plain words');
    const { code, out, err } = await run('plain words');
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain(`Wrote ${bundle()}.`);
    expect((await stat(bundle())).mode & 0o777).toBe(0o600);
    const files = await unpacked();
    expect(Object.keys(files).sort()).toEqual(names);
    expect(JSON.parse(files['bundle.json'] ?? '')).toMatchObject({ version: '1.2.3', missing: [] });
    expect(JSON.parse(files['configuration.json'] ?? '').configuration.drivers.gold).toMatchObject({
      backend: 'local',
      settings: { root: join(folder, 'volumes') },
      defaults: { uid: '7' },
    });
    expect(files['mounts.txt']).toBe(`1 0 0:1 / ${folder}/mnt/gold/db rw - nfs plain words rw\n`);
    expect(files['journal.txt']).toBe('holdfast[1]: plain words\n');
    expect(files['metrics.txt']).toBe('# HELP x plain words\nup 1\n');
    expect(JSON.parse(files['volumes.json'] ?? '').volumes[0].name).toBe('db');
    const listed = await output('tar', ['-tvzf', bundle()]);
    for (const line of listed.split('\n')) expect(line).toMatch(/^-rw------- 0\/0 /);
  });

  test('never overwrites a file', async () => {
    await writeFile(bundle(), 'mine');
    const { code, err } = await run('');
    expect(code).toBe(1);
    expect(err).toBe(`holdfast: ${bundle()} exists: choose another file with --output.\n`);
    expect(await readFile(bundle(), 'utf8')).toBe('mine');
  });

  test('fails with a clear error if the folder does not exist', async () => {
    const { code, err } = await run('', {}, ['--output', join(folder, 'no/where.tar.gz')]);
    expect([code, err]).toEqual([1, expect.stringMatching(/no\/where\.tar\.gz cannot be written: ENOENT/)]);
  });

  test('without a daemon, has the other parts, and names what is missing and why', async () => {
    const recoverOffline = async () => [{ driver: 'gold', steps: [] }];
    const { code, out, err } = await run('plain', { recoverOffline }, ['--json']);
    expect(code).toBe(0);
    const missing = JSON.parse(out).missing.map(({ name }: { name: string }) => name);
    expect(missing.sort()).toEqual([
      'drivers.json',
      'events.json',
      'metrics.txt',
      'removed.json',
      'uses.json',
      'volumes.json',
    ]);
    expect(err).toContain('No daemon answers on');
    const files = await unpacked();
    expect(JSON.parse(files['version.json'] ?? '').daemon.error).toContain('No daemon answers on');
    expect(JSON.parse(files['recovery.json'] ?? '')).toEqual({ drivers: [{ driver: 'gold', steps: [] }] });
    expect(JSON.parse(files['bundle.json'] ?? '').missing).toHaveLength(missing.length);
  });

  test('says why a part failed, and has the others', async () => {
    await daemon('plain');
    const broken = machine('plain', {
      journal: async () => {
        throw new Error('spawn journalctl ENOENT');
      },
    });
    const { code, err } = await run('plain', { machine: broken });
    expect([code, err]).toEqual([0, 'holdfast: The bundle lacks journal.txt: spawn journalctl ENOENT\n']);
    expect(Object.keys(await unpacked())).toHaveLength(names.length - 1);
  });

  test('has the errors of an invalid configuration', async () => {
    await daemon('plain');
    const problem = { place: 'config.yaml:1:1', key: 'x', message: 'unknown key `x`, password=Zq7xKx9xx' };
    const loaded = async () => ({ kind: 'unusable', problems: [problem] }) as const;
    expect((await run('plain', { loadConfiguration: loaded })).code).toBe(0);
    const files = await unpacked();
    expect(JSON.parse(files['configuration.json'] ?? '').problems).toHaveLength(1);
    expect(files['configuration.json']).not.toContain('Zq7xKx9xx');
    expect(files['mounts.txt']).toContain('/home');
  });
});

describe('no secret is in the bundle', () => {
  test.each(placesOfSecrets)('%s, at any place', async (_, { secret, place }) => {
    await fc.assert(
      fc.asyncProperty(secret, async (text) => {
        await daemon(place(text));
        await rm(bundle(), { force: true });
        await rm(join(folder, 'support'), { recursive: true, force: true });
        expect((await run(place(text))).code).toBe(0);
        for (const [name, content] of Object.entries(await unpacked()))
          expect([name, content.includes(text), content.includes(JSON.stringify(text).slice(1, -1))]).toEqual(
            [name, false, false],
          );
      }),
      { numRuns: 3 },
    );
  });

  test('not even without a known format, from the environment or a file that the configuration names', async () => {
    const [key, token] = ['wJalrXUtnFEMI/K7MDENG"bPxRfi', 'f00dfacef00dfacef00dfacef00dface'];
    await writeFile(join(folder, 'token'), `${token}\n`);
    await daemon(`${key} and ${token}`);
    await run(`${key} and ${token}`, { secrets: [key] });
    for (const content of Object.values(await unpacked())) {
      expect(content).not.toContain('wJalrXUtnFEMI');
      expect(content).not.toContain(token);
    }
  });

  test('nor in the output', async () => {
    await daemon('password=Zq7xKx9xx');
    const { out, err } = await run('password=Zq7xKx9xx', {}, ['--json']);
    expect(out + err).not.toContain('Zq7xKx9xx');
  });
});

test('a daemon or a check that hangs affects only its own part, and only up to its time limit', async () => {
  await daemon('', () => undefined);
  const path = join(folder, 'admin.sock');
  const done = await makeBundle(
    {
      version: '1.2.3',
      client: (deadline) => createAdminClient(path, deadline),
      loaded: { kind: 'unusable', problems: [] },
      machine: machine('plain', { journal: () => new Promise(() => undefined) }),
      examine: async () => [],
      recoverOffline: async () => [],
      now: Date.now(),
      patience: { quick: 200, slow: 300 },
    },
    { output: bundle(), secrets: [] },
  );
  expect(done.warnings).toContainEqual(expect.stringMatching(/lacks volumes\.json: .*0\.2 s/));
  expect(done.warnings).toContainEqual(expect.stringMatching(/lacks journal\.txt: .*0\.2 s/));
  expect(Object.keys(await unpacked())).toContain('mounts.txt');
});

describeWith({ root: true }, 'the built command', () => {
  test('makes a bundle of a machine whose daemon is down', async () => {
    const config = join(folder, 'config.yaml');
    const drivers = { gold: { backend: 'local', settings: { root: join(folder, 'volumes') } } };
    const places = ['mountRoot', 'stateDir', 'runtimeDir', 'socketDir'].map((key) => [
      key,
      join(folder, key),
    ]);
    const adminSocket = join(folder, 'admin.sock');
    await writeFile(config, JSON.stringify({ ...Object.fromEntries(places), adminSocket, drivers }));
    const words = ['support-bundle', '--config', config, '--socket', adminSocket, '--output', bundle()];
    const env = { AWS_SECRET_ACCESS_KEY: `${process.version}-is-secret`, PATH: process.env.PATH ?? '' };
    const { code, out, err } = await holdfast(words, { env });
    expect([code, out]).toEqual([0, expect.stringContaining(`Wrote ${bundle()}`)]);
    expect(err).toContain('The bundle lacks volumes.json: No daemon answers');
    const files = await unpacked();
    expect(JSON.parse(files['system.json'] ?? '').kernel).toMatch(/^Linux version/);
    const findings: readonly { check: string }[] = JSON.parse(files['doctor.json'] ?? '').findings;
    expect(findings.map(({ check }) => check)).toEqual(
      expect.arrayContaining(['helpers', 'daemon', 'storage']),
    );
  });
});
