import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { builtDaemon } from '../../lab/built-daemon.ts';
import { useMesos } from '../../lab/mesos/use-cluster.ts';

const startMesos = useMesos();
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-mesos-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs the built program with this on its stdin. */
async function holdfast(words: readonly string[], input = '') {
  const child = spawn(process.execPath, [await builtDaemon(), ...words], { env: {} });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  // The program may end without reading its input.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const code = await new Promise((resolve) => child.on('close', resolve));
  return { code, out, err };
}

test('the program asks the masters of its configuration, with credentials from a file or from stdin', async () => {
  const mesos = await startMesos({ masters: 2, accounts: { bearer: { t0ken: 'op' } } });
  const agent = mesos.addAgent({ hostname: 'a.example' });
  const config = join(folder, 'config.yaml');
  const witness = `{ kind: mesos, addresses: [${mesos.addresses.join(', ')}], credentialsFile: ${folder}/token }`;
  await writeFile(config, `stateDir: ${folder}/state\nwitnesses: { m: ${witness} }\n`);
  await writeFile(join(folder, 'token'), 'Bearer t0ken\n');
  const checked = await holdfast(['check', '--witnesses', config]);
  expect([checked.code, checked.err]).toEqual([0, '']);
  expect(checked.out).toContain(agent.id);
  await rm(join(folder, 'token'));
  const words = ['mesos', 'agents', '--config', config];
  expect(await holdfast(words)).toMatchObject({
    code: 1,
    err: expect.stringMatching(/token cannot be read \(ENOENT\)/),
  });
  const listed = await holdfast([...words, '--credentials-file', '-', '--json'], '{"token": "t0ken"}');
  expect(JSON.parse(listed.out).hosts).toMatchObject([{ id: agent.id, state: 'active' }]);
  const dry = ['reserve', agent.id, '/x', '--role', 'r', '--credentials-file', '-', '--config', config];
  expect((await holdfast(['mesos', ...dry], 'Bearer t0ken')).err).toContain(
    'The agent has no unreserved disk /x.',
  );
});

test('on failure, its output is not valid as resources of an agent', async () => {
  const script = 'printf "%s" "--resources=$("$@" 2>/dev/null)"';
  const words = [
    process.execPath,
    await builtDaemon(),
    'mesos',
    'resources',
    '--socket',
    `${folder}/none.sock`,
  ];
  const { stdout } = await promisify(execFile)('sh', ['-c', script, 'sh', ...words], {
    env: { PATH: process.env.PATH },
  });
  const [, text = ''] = stdout.split('--resources=');
  // Resources::fromSimpleString in Mesos' src/common/resources.cpp accepts an empty list, but no token without a colon.
  expect(text.split(';').map((token) => token.split(':').length)).toEqual([1]);
  expect(text).not.toBe('');
  expect(() => JSON.parse(text)).toThrow();
});
