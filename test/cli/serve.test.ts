import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { callPlugin } from '../fakes/plugin-client.ts';
import { builtDaemon } from '../lab/built-daemon.ts';
import { eventually } from '../lab/eventually.ts';
import { prepareDaemon } from '../lab/lone-daemon.ts';
import { alone } from '../lab/namespace.ts';
import { describeWith } from '../lab/requirements.ts';
import { environment, run } from '../lab/run.ts';
import { holdfast } from './run-cli.ts';

let folder = '';
const daemons: Served[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-serve-'));
  await prepareDaemon(folder);
});
afterEach(async () => {
  // Those of a test that failed.
  for (const { child, ended } of daemons.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
  await rm(folder, { recursive: true, force: true });
});

interface Served {
  readonly child: ChildProcess;
  out(): string;
  err(): string;
  readonly ended: Promise<number | null>;
}

/** Runs in its own mount namespace, with which the daemon's mounts end. */
async function serve(...words: readonly string[]): Promise<Served> {
  const program = [await builtDaemon(), 'serve', '--config', join(folder, 'config.yaml'), ...words];
  const child = spawn('unshare', [...alone, process.execPath, ...program], { env: environment() });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    said.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said.err += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const served = { child, out: () => said.out, err: () => said.err, ended };
  daemons.push(served);
  return served;
}

const spoken = (served: Served) =>
  eventually(
    'the daemon says where it listens',
    async () => served.out() !== '' || served.child.exitCode !== null,
    {
      evidence: async () => served.err(),
    },
  );
const events = (served: Served): readonly Record<string, unknown>[] =>
  served
    .err()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

describeWith({ root: true, programs: ['unshare'] }, 'holdfast serve', () => {
  test('says where it listens and what to type next, and stops cleanly even after several signals', async () => {
    const served = await serve();
    await spoken(served);
    expect(served.out()).toMatch(/^Holdfast \S+ serves gold on \S+\/plugins\/gold\.sock\.\n/);
    expect(served.out()).toContain('docker volume create --driver gold demo\n');
    expect(served.out()).toContain('docker run --rm -it -v demo:/data --volume-driver gold busybox\n');
    const [, called = ''] = /^ {2}sudo (.*\bvolume ls --socket \S+)$/m.exec(served.out()) ?? [];
    expect((await run('sh', ['-c', called])).stdout).toContain('There are no volumes yet');
    const lines = served.out().split('\n').length;
    for (const signal of ['SIGINT', 'SIGINT', 'SIGTERM'] as const) served.child.kill(signal);
    expect(await served.ended).toBe(0);
    expect(served.out().split('\n')).toHaveLength(lines + 1);
    expect(events(served).at(-1)).toMatchObject({ level: 'info', event: 'stopped' });
    expect(await readdir(join(folder, 'plugins'))).toEqual([]);
    expect(await readdir(folder)).not.toContain('admin.sock');
  });

  test('prints JSON for programs', async () => {
    const served = await serve('--json');
    await spoken(served);
    served.child.kill('SIGTERM');
    expect(await served.ended).toBe(0);
    const lines = served
      .out()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
    expect(lines).toEqual([
      {
        event: 'serving',
        version: expect.any(String),
        sockets: { gold: join(folder, 'plugins/gold.sock') },
        adminSocket: join(folder, 'admin.sock'),
      },
      { event: 'stopping', signal: 'SIGTERM' },
    ]);
  });

  test('keeps running when nobody reads its log or output any more', async () => {
    const served = await serve();
    await spoken(served);
    served.child.stdout?.destroy();
    served.child.stderr?.destroy();
    const env = { HOLDFAST_ADMIN_SOCKET: join(folder, 'admin.sock') };
    for (const name of ['a', 'b', 'c']) {
      expect(await holdfast(['volume', 'create', name], { env })).toMatchObject({ code: 0 });
    }
    expect(served.child.exitCode).toBe(null);
    served.child.kill('SIGINT');
    expect(await served.ended).toBe(0);
  });

  test('applies added, changed and removed drivers on SIGHUP or `holdfast reload`, all or nothing', async () => {
    const served = await serve('--json');
    await spoken(served);
    const local = (name: string) => ({ backend: 'local', settings: { root: join(folder, name) } });
    const gold = { backend: 'local', settings: { root: join(folder, 'volumes') } };
    const reload = (...more: string[]) =>
      holdfast(['reload', '--socket', join(folder, 'admin.sock'), ...more]);
    await prepareDaemon(folder, { drivers: { gold, iron: local('iron') } });
    served.child.kill('SIGHUP');
    const iron = join(folder, 'plugins/iron.sock');
    await eventually('iron serves', async () => (await callPlugin(iron, 'Plugin.Activate')).status === 200);
    await prepareDaemon(folder, { drivers: { gold, iron: local('iron'), tin: local('tin') } });
    expect(await reload()).toMatchObject({ code: 0, out: 'Added: tin.\n' });
    const tin = join(folder, 'plugins/tin.sock');
    expect((await callPlugin(tin, 'VolumeDriver.List')).json).toEqual({ Volumes: [] });
    await prepareDaemon(folder, { drivers: { gold, tin: { ...local('tin'), defaults: { mode: '0700' } } } });
    const wouldBe = { code: 0, out: 'Would be changed: tin.\nWould be removed: iron.\n' };
    expect(await reload('--dry-run')).toMatchObject(wouldBe);
    expect(JSON.parse((await reload('-n', '--json')).out)).toMatchObject({ dryRun: true, removed: ['iron'] });
    expect(await readdir(join(folder, 'plugins'))).toContain('iron.sock');
    expect(await reload()).toMatchObject({ code: 0, out: 'Changed: tin.\nRemoved: iron.\n' });
    expect((await callPlugin(iron, 'VolumeDriver.List')).json).toEqual({ Volumes: [] });
    expect((await callPlugin(iron, 'Plugin.Activate')).json).toMatchObject({
      Err: expect.stringContaining('Driver iron was removed from the configuration'),
    });
    await prepareDaemon(folder, {
      drivers: { gold: { ...gold, defaults: { size: 'huge' } }, zinc: local('zinc') },
    });
    expect(await reload()).toMatchObject({
      code: 1,
      err: expect.stringMatching(/Nothing was changed.*size/s),
    });
    await prepareDaemon(folder, { drivers: { gold }, log: { level: 'debug' } });
    expect(await reload()).toMatchObject({
      code: 1,
      err: expect.stringContaining('Nothing was changed: log has changed.'),
    });
    expect(await readdir(join(folder, 'plugins'))).not.toContain('zinc.sock');
    served.child.kill('SIGTERM');
    expect(await served.ended).toBe(0);
    expect(await readdir(join(folder, 'plugins'))).toEqual([]);
  });

  test('names the problems of its configuration, and does not start', async () => {
    await prepareDaemon(folder, { montRoot: '/x', log: { level: 'loud' } });
    const served = await serve();
    expect(await served.ended).toBe(1);
    expect(served.out()).toBe('');
    expect(served.err()).toMatch(
      /^holdfast: The configuration cannot be used:\n {2}\S+config\.yaml:1:\d+: .*montRoot.*\n {2}\S+ .*log\.level.*\n$/s,
    );
  });

  test('refuses to start as a second daemon', async () => {
    const first = await serve();
    await spoken(first);
    const second = await serve('--json');
    expect(await second.ended).toBe(1);
    expect(JSON.parse(second.err().trim().split('\n').at(-1) ?? '')).toMatchObject({
      error: { code: 'conflict' },
    });
    first.child.kill('SIGINT');
    expect(await first.ended).toBe(0);
  });

  test('recovers without a daemon, and asks the daemon if one runs', async () => {
    const words = [
      'recover',
      '--json',
      '--config',
      join(folder, 'config.yaml'),
      '--socket',
      join(folder, 'admin.sock'),
    ];
    const nothing = { dryRun: true, drivers: [{ driver: 'gold', steps: [] }] };
    const alone = await holdfast([...words, '--dry-run']);
    expect([alone.code, alone.err]).toEqual([0, '']);
    expect(JSON.parse(alone.out)).toEqual(nothing);
    const served = await serve();
    await spoken(served);
    expect(JSON.parse((await holdfast([...words, '--dry-run'])).out)).toEqual(nothing);
    served.child.kill('SIGINT');
    expect(await served.ended).toBe(0);
  });
});
