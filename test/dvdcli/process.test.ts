import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Ended, holdfast, type Manner } from '../cli/run-cli.ts';
import { createFakeHost, createFakeState } from '../fakes/host/fake-host.ts';
import { interceptHost } from '../fakes/intercepted-host.ts';
import { builtDaemon } from '../lab/built-daemon.ts';
import { eventually } from '../lab/eventually.ts';
import { describeWith } from '../lab/requirements.ts';
import { driver, type FakeDaemon, openFakeDaemon } from './fake-daemon.ts';

let program = '';
let folder = '';
let daemon: FakeDaemon | undefined;

beforeAll(async () => {
  program = join(dirname(await builtDaemon()), 'dvdcli/main.js');
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-dvdcli-'));
});
afterEach(async () => {
  await daemon?.close();
  daemon = undefined;
  await rm(folder, { recursive: true, force: true });
});

const db = '--volumename=db';

async function dvdcli(words: readonly string[], manner: Manner = {}): Promise<Ended> {
  const env = { HOLDFAST_SOCKET_DIR: `${folder}/plugins`, ...manner.env };
  return holdfast(words, { program, ...manner, env });
}

describe('as a process, dvdcli', () => {
  test('prints the mountpoint and a newline, and nothing else anywhere', async () => {
    daemon = await openFakeDaemon(folder, ['db']);
    const mounted = { code: 0, out: `${folder}/mnt/holdfast/db\n`, err: '' };
    expect(await dvdcli(['mount', driver, db, '--volumeopts=mode=0700'])).toEqual(mounted);
    expect(await dvdcli(['unmount', driver, db])).toEqual({ code: 0, out: '', err: '' });
  });

  test('fails if the mountpoint cannot be written', async () => {
    daemon = await openFakeDaemon(folder, ['db']);
    expect((await dvdcli(['mount', driver, db], { full: true })).code).toBe(1);
  });

  test('fails with 1 and one line on stderr', async () => {
    daemon = await openFakeDaemon(folder, ['db']);
    for (const words of [['mount', driver, '--volumename=../x'], ['mount'], ['get', driver, db], []])
      expect(await dvdcli(words)).toEqual({
        code: 1,
        out: '',
        err: expect.stringMatching(/^dvdcli: [^\n]+\n$/),
      });
  });

  test('does not fail if nobody reads its output', async () => {
    daemon = await openFakeDaemon(folder, ['db']);
    expect(await dvdcli(['mount', driver, db], { unread: true })).toMatchObject({ code: 0, err: '' });
  });

  test('loads no package for the calls of Mesos', async () => {
    daemon = await openFakeDaemon(folder, ['db']);
    const loader = join(folder, 'loader.mjs');
    await writeFile(loader, printPackages);
    const words = ['--import', loader, program, 'mount', driver, db, '--volumeopts=mode=0700'];
    const env = { HOLDFAST_SOCKET_DIR: `${folder}/plugins` };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, words, { env });
    expect({ stdout, stderr }).toEqual({ stdout: `${folder}/mnt/holdfast/db\n`, stderr: '' });
  });
});

const printPackages = `
import { register } from 'node:module';
const hooks = \`
  import { writeSync } from 'node:fs';
  export async function resolve(name, context, next) {
    const found = await next(name, context);
    if (found.url.includes('/node_modules/')) writeSync(2, found.url + '\\\\n');
    return found;
  }\`;
register('data:text/javascript,' + encodeURIComponent(hooks));
`;

describe('dvdcli mount, killed while the volume is being mounted', () => {
  test.each(['SIGKILL', 'SIGTERM'] as const)('by %s, leaves no holder and no mount', async (signal) => {
    const state = createFakeState();
    const binding = openGate();
    const held = openGate();
    const host = interceptHost(createFakeHost(state), async (call, run) => {
      if (call.name === 'mounts.bind') {
        binding.open();
        await held.opened;
      }
      return run();
    });
    daemon = await openFakeDaemon(folder, ['db'], { state, host });
    const child = spawned(['mount', driver, db]);
    await binding.opened;
    const ended = once(child, 'close');
    child.kill(signal);
    expect(await ended).toEqual([null, signal]);
    held.open();
    const { calls, holders, isMounted, rig } = daemon;
    // Its holder is dropped, whether the hang-up is seen before or after the answer is written.
    await eventually('the Mount is over', async () => calls().some((call) => call.startsWith('Mount db')));
    await eventually('nobody holds', async () => (await holders('db')).length === 0);
    // It stays mounted for a repeated call, and is unmounted if none comes.
    state.clock.now += 60_000;
    await rig.driver.reap();
    expect(await isMounted('db')).toBe(false);
  });
});

interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

function openGate(): Gate {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

function spawned(words: readonly string[]): ChildProcess {
  return spawn(process.execPath, [program, ...words], {
    env: { HOLDFAST_SOCKET_DIR: `${folder}/plugins` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

describeWith({ root: true }, 'another user than root', () => {
  test('without root, says that it needs root', async () => {
    daemon = await openFakeDaemon(folder, ['db']);
    const project = dirname(dirname(dirname(program)));
    await chmod(folder, 0o755);
    for (const part of ['dist', 'package.json', 'node_modules/fastest-levenshtein'])
      await cp(join(project, part), join(folder, part), { recursive: true });
    const manner = { program: join(folder, 'dist/dvdcli/main.js'), uid: 65534 };
    const socket = `${folder}/plugins/holdfast.sock`;
    expect(await dvdcli(['mount', driver, db], manner)).toEqual({
      code: 1,
      out: '',
      err: `dvdcli: Driver holdfast: this user may not use ${socket}: run dvdcli as root, as the Mesos agent does.\n`,
    });
  });
});
