import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { LoadedConfiguration } from '../../../src/config/load-configuration.ts';
import { silentLog } from '../../../src/core/log.ts';
import { openWitnesses } from '../../../src/witnesses/open-witnesses.ts';
import { loadText } from '../../config/load.ts';
import { openAdminSocket } from '../../fakes/admin-socket.ts';
import { createFakeDriver } from '../../fakes/fake-driver.ts';
import type { Resource } from '../../lab/mesos/resources.ts';
import { type MesosCluster, useMesos } from '../../lab/mesos/use-cluster.ts';
import { memoryFile } from '../../witnesses/witness-parts.ts';
import { runHere } from '../in-process.ts';

const startMesos = useMesos();

const mount = (value: number, root = '/mnt/db'): Resource => ({
  name: 'disk',
  type: 'SCALAR',
  scalar: { value },
  disk: { source: { type: 'MOUNT', mount: { root } } },
});
const path = (value: number): Resource => ({
  name: 'disk',
  type: 'SCALAR',
  scalar: { value },
  disk: { source: { type: 'PATH', path: { root: '/mnt/shared' } } },
});
const ads = { type: 'DYNAMIC', role: 'ads' } as const;

async function clusterWith(...resources: readonly Resource[]) {
  const mesos = await startMesos({ masters: 2 });
  const agent = mesos.addAgent({ hostname: 'a.example', resources });
  return { mesos, agent };
}

function run(mesos: MesosCluster, ...words: readonly string[]) {
  return runHere(['mesos', ...words], {
    loadConfiguration: () => configured(mesos),
    openWitnesses: async ({ witnesses: configurations }) =>
      openWitnesses({ configurations, file: () => memoryFile(), log: silentLog, now: mesos.now }),
  });
}

function configured(mesos: MesosCluster): Promise<LoadedConfiguration> {
  return loadText(`witnesses: { m: { kind: mesos, addresses: [${mesos.addresses.join(', ')}] } }\n`);
}

describe('mesos reserve, persist and their opposites', () => {
  test('reserve a MOUNT disk for a role, create a volume on it, and undo both', async () => {
    const { mesos, agent } = await clusterWith(mount(1000));
    const reserved = await run(mesos, 'reserve', 'a.example', '/mnt/db', '--role', 'ads');
    expect(reserved).toEqual({
      code: 0,
      out: `The master accepted the request to reserve MOUNT /mnt/db, 1000 MB, reserved for ads, on agent ${agent.id} (a.example).\n`,
      err: '',
    });
    expect(agent.resources).toEqual([{ ...mount(1000), reservations: [ads] }]);
    const words = [
      'persist',
      agent.id,
      '/mnt/db',
      '--role',
      'ads',
      '--id',
      'pv1',
      '--container-path',
      'data',
    ];
    expect((await run(mesos, ...words)).code).toBe(0);
    const disk = {
      ...mount(1000).disk,
      persistence: { id: 'pv1' },
      volume: { container_path: 'data', mode: 'RW' as const },
    };
    expect(agent.resources).toEqual([{ ...mount(1000), reservations: [ads], disk }]);
    agent.used.add('pv1');
    expect((await run(mesos, 'destroy', agent.id, 'pv1', '--role', 'ads')).err).toMatch(
      /answered 400: Invalid DESTROY operation on agent .*: Persistent volumes in use\.\n$/,
    );
    agent.used.clear();
    expect((await run(mesos, 'destroy', agent.id, 'pv1', '--role', 'ads')).code).toBe(0);
    expect((await run(mesos, 'unreserve', agent.id, '/mnt/db', '--role', 'ads')).code).toBe(0);
    expect(agent.resources).toEqual([mount(1000)]);
  });
  test('use parts of a PATH disk', async () => {
    const { mesos, agent } = await clusterWith(path(5000));
    const part = ['--role', 'ads', '--size', '1GiB'];
    expect((await run(mesos, 'reserve', agent.id, '/mnt/shared', ...part)).code).toBe(0);
    expect(agent.resources).toEqual([path(3976), { ...path(1024), reservations: [ads] }]);
    const tiny = ['--role', 'ads', '--size', '100MiB', '--id', 'pv1'];
    expect((await run(mesos, 'persist', agent.id, '/mnt/shared', ...tiny)).code).toBe(0);
    expect(agent.resources.map(({ scalar }) => scalar.value)).toEqual([3976, 924, 100]);
  });
  test('use the smallest piece that fits, if a disk consists of several', async () => {
    const piece = (size: number, principal: string): Resource => ({
      ...path(size),
      reservations: [{ ...ads, principal }],
    });
    const { mesos, agent } = await clusterWith(piece(10, 'a'), piece(3000, 'b'), piece(1000, 'c'));
    const persist = (id: string, size: string) =>
      run(mesos, 'persist', agent.id, '/mnt/shared', '--role', 'ads', '--id', id, '--size', size);
    expect((await persist('one', '500MiB')).code).toBe(0);
    expect((await persist('two', '2000MiB')).code).toBe(0);
    expect((await persist('three', '10MiB')).code).toBe(0);
    expect(agent.resources.map(({ scalar }) => scalar.value)).toEqual([1000, 500, 500, 2000, 10]);
    expect((await persist('four', '1001MiB')).err).toBe(
      'holdfast: Disk /mnt/shared has 1000 MB left in one piece: ask for no more.\n',
    );
  });
  test('print the exact request with --dry-run, and change nothing', async () => {
    const { mesos, agent } = await clusterWith(mount(1000));
    const before = agent.resources;
    const { code, out } = await run(mesos, 'reserve', agent.id, '/mnt/db', '--role', 'ads', '--dry-run');
    const body = {
      type: 'RESERVE_RESOURCES',
      reserve_resources: {
        agent_id: { value: agent.id },
        resources: [{ ...mount(1000), reservations: [ads] }],
      },
    };
    expect(code).toBe(0);
    const [head, type, empty, ...json] = out.split('\n');
    expect([head, type, empty]).toEqual([
      `POST ${mesos.master(0).url}/api/v1`,
      'Content-Type: application/json',
      '',
    ]);
    expect(JSON.parse(json.join('\n'))).toEqual(body);
    expect(agent.resources).toBe(before);
    const asJson = await run(mesos, 'reserve', agent.id, '/mnt/db', '--role', 'ads', '-n', '--json');
    expect(JSON.parse(asJson.out)).toEqual({
      dryRun: true,
      request: { method: 'POST', url: `${mesos.master(0).url}/api/v1`, body },
    });
    const sent = await fetch(`${head?.replace('POST ', '')}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: json.join('\n'),
    });
    expect(sent.status).toBe(202);
  });
  test('accept resources in the format before Mesos 1.4, and in both formats at once', async () => {
    for (const reservations of [undefined, [ads]]) {
      const { mesos, agent } = await clusterWith({
        ...mount(1000),
        role: 'ads',
        reservation: {},
        ...(reservations === undefined ? {} : { reservations }),
      });
      const { out } = await run(mesos, 'unreserve', agent.id, '/mnt/db', '--role', 'ads', '-n', '--json');
      const [resource] = JSON.parse(out).request.body.unreserve_resources.resources;
      expect(resource).toEqual({ ...mount(1000), reservations: [ads] });
    }
  });
});

describe('mesos reserve refuses with one sentence', () => {
  test.each<[string[], RegExp, number?]>([
    [
      ['reserve', 'b.example', '/mnt/db', '--role', 'ads'],
      /^holdfast: No agent "b\.example" is registered\. List those that are with `holdfast mesos agents`\.\n$/,
    ],
    [
      ['reserve', 'a.example', '/mnt/x', '--role', 'ads'],
      /^holdfast: The agent has no unreserved disk \/mnt\/x\. Its disks: MOUNT \/mnt\/db, 1000 MB; PATH \/mnt\/shared, 10 MB\.\n$/,
    ],
    [
      ['reserve', 'a.example', '/mnt/db', '--role', 'ads', '--size', '1MiB'],
      /^holdfast: Disk \/mnt\/db is a MOUNT disk of 1000 MB, which cannot be divided: omit --size\.\n$/,
      2,
    ],
    [
      ['reserve', 'a.example', '/mnt/db', '--role', 'ads', '--size', 'big'],
      /^holdfast: The size "big" is not a size/,
      2,
    ],
    [
      ['persist', 'a.example', '/mnt/db', '--role', 'ads', '--id', 'x'],
      /^holdfast: The agent has no disk \/mnt\/db that is reserved for role ads and has no persistent volume\./,
    ],
    [
      ['reserve', 'a.example', '/mnt/shared', '--role', 'ads', '--size', '1KiB'],
      /^holdfast: Disk \/mnt\/shared is divided into whole megabytes: ask for at least 1MiB\.\n$/,
      2,
    ],
    [
      ['destroy', 'a.example', 'x', '--role', 'ads'],
      /^holdfast: The agent has no persistent volume x of role ads\./,
    ],
    [
      ['unreserve', 'a.example', '/mnt/db', '--role', 'ads'],
      /^holdfast: The agent has no disk \/mnt\/db that is reserved for role ads by the API/,
    ],
    [
      ['agents', '--witness', 'x'],
      /^holdfast: No Mesos witness x is configured: add it to `witnesses`, or name the masters with --master\.\n$/,
    ],
    [['agents', '--master', 'zk://a'], /^holdfast: --master must be a URL such as/, 2],
    [
      ['agents', '--master', 'http://127.0.0.1:1'],
      /^holdfast: No leading Mesos master found: http:\/\/127\.0\.0\.1:1 does not answer: .*ECONNREFUSED.*\n$/,
    ],
  ])('%j', async (words, said, exitCode = 1) => {
    const { mesos } = await clusterWith(mount(1000), path(10));
    const { code, out, err } = await run(mesos, ...words);
    expect([code, out]).toEqual([exitCode, '']);
    expect(err).toMatch(said);
  });
  test('invalid arguments', async () => {
    const { mesos } = await clusterWith();
    expect((await run(mesos, 'reserve', 'a.example', '/mnt/db')).code).toBe(2);
    expect((await run(mesos, 'persist', 'a', '/r', '--role', 'x')).code).toBe(2);
    expect((await run(mesos, 'resources', '--as', 'block')).code).toBe(2);
  });
  test('an ambiguous agent name, and a disk that has become smaller', async () => {
    const { mesos } = await clusterWith(path(10));
    const twin = mesos.addAgent({ hostname: 'a.example' });
    expect((await run(mesos, 'reserve', 'a.example', '/mnt/shared', '--role', 'x')).err).toMatch(
      /Several agents have the host name a\.example: choose one by its ID/,
    );
    mesos.setAgent(twin, 'unreachable');
    expect(
      (await run(mesos, 'reserve', 'a.example', '/mnt/shared', '--role', 'x', '--size', '11MiB')).err,
    ).toBe('holdfast: Disk /mnt/shared has 10 MB left: ask for no more.\n');
  });
  test("a principal without permission, with the master's message", async () => {
    const accounts = { basic: { op: 'x', guest: 'y' }, readOnly: ['guest'] };
    const mesos = await startMesos({ accounts });
    const agent = mesos.addAgent({ resources: [mount(1000)] });
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-mesos-'));
    try {
      await writeFile(`${folder}/op`, '{"principal": "op", "secret": "x"}');
      await writeFile(`${folder}/guest`, '{"principal": "guest", "secret": "y"}');
      const words = ['reserve', agent.id, '/mnt/db', '--role', 'ads', '--credentials-file'];
      expect((await run(mesos, ...words, `${folder}/guest`)).err).toMatch(
        /does not permit this to the principal \(403\)/,
      );
      expect((await run(mesos, ...words, `${folder}/op`, '--principal', 'other')).err).toMatch(
        /answered 400: Invalid RESERVE operation on agent .*: A reserve operation was attempted by authenticated principal 'op'/,
      );
      expect((await run(mesos, ...words, `${folder}/op`)).code).toBe(0);
      expect(agent.resources[0]?.reservations).toEqual([{ ...ads, principal: 'op' }]);
      expect((await run(mesos, 'agents')).err).toMatch(/refuses the credentials \(401\)/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

test('mesos agents shows what the witness sees, in a table and as JSON', async () => {
  const { mesos, agent } = await clusterWith();
  const { code, out } = await run(mesos, 'agents');
  expect(code).toBe(0);
  expect(out).toMatch(new RegExp(`  ${agent.id}  a\\.example  active  alive  a\\.example\n`));
  const json = await run(mesos, 'agents', '--json');
  expect(JSON.parse(json.out)).toMatchObject({
    witness: 'm',
    hosts: [{ id: agent.id, says: 'alive' }],
    problems: [],
  });
});

describe('mesos resources', () => {
  const apart = (path: string): readonly string[] => [path];
  async function resources(
    words: readonly string[],
    held: readonly string[] = ['db', 'logs'],
    identities = apart,
  ) {
    const driver = createFakeDriver('gold');
    const socket = await openAdminSocket([driver]);
    const holdfast = (...line: readonly string[]) =>
      runHere([...line, '--socket', socket.path], {
        fileSystemOf: async (place) => ({ bytes: 10.5 * 1024 ** 2, identities: identities(place) }),
      });
    try {
      for (const name of ['db', 'logs']) await holdfast('volume', 'create', name, '-o', 'size=10MiB');
      for (const name of held) await holdfast('volume', 'mount', name);
      return await holdfast('mesos', 'resources', ...words);
    } finally {
      await socket.close();
    }
  }
  const disk = (name: string, type: 'MOUNT' | 'PATH', value = 10) => ({
    name: 'disk',
    type: 'SCALAR',
    scalar: { value },
    disk: { source: { type, [type.toLowerCase()]: { root: `/mnt/gold/${name}` } } },
  });

  test('prints resources that the agent accepts, for all volumes mounted by hand', async () => {
    const { code, out } = await resources([]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual([disk('db', 'MOUNT'), disk('logs', 'MOUNT')]);
  });
  test('prints only the named volumes, as PATH disks or for a role if requested', async () => {
    const { out } = await resources(['logs', '--as', 'path', '--role', 'ads', '--json']);
    expect(JSON.parse(out)).toEqual({ resources: [{ ...disk('logs', 'PATH'), role: 'ads' }] });
  });
  test('refuses a volume that is not mounted by hand, and says what to do', async () => {
    expect((await resources(['logs'], ['db'])).err).toBe(
      'holdfast: Volume logs is not mounted by hand, so it could be unmounted while the agent uses it. Mount it with `holdfast volume mount logs`.\n',
    );
    expect((await resources([], [])).err).toBe(
      'holdfast: No volume is mounted by hand. Mount one for the agent with `holdfast volume mount NAME`.\n',
    );
    expect((await resources(['nothing'])).err).toMatch(/There is no volume nothing\./);
  });
  test('counts a file system once, even with several volumes on it', async () => {
    const shared = () => ['device 1'];
    const { out } = await resources(['--as', 'path'], undefined, shared);
    expect(JSON.parse(out)).toEqual([disk('db', 'PATH', 5), disk('logs', 'PATH', 5)]);
    const twice = await resources(['db', 'db', '--as', 'path'], undefined, shared);
    expect(JSON.parse(twice.out)).toEqual([disk('db', 'PATH')]);
    expect((await resources([], undefined, shared)).err).toBe(
      'holdfast: Volume db shares a file system with another of these volumes, but a MOUNT disk needs a whole file system: omit --as mount, or name only volume db.\n',
    );
  });
  test('writes a file atomically', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-mesos-'));
    try {
      const file = `${folder}/resources.json`;
      expect(await resources(['--output', file])).toEqual({
        code: 0,
        out: `Wrote ${file}: start the agent with --resources=file://${file}\n`,
        err: '',
      });
      const written = await readFile(file, 'utf8');
      expect(JSON.parse(written)).toEqual([disk('db', 'MOUNT'), disk('logs', 'MOUNT')]);
      expect((await resources(['--output', file], [])).code).toBe(1);
      expect(await readFile(file, 'utf8')).toBe(written);
      expect(await readdir(folder)).toEqual(['resources.json']);
      expect((await resources(['--output', `${folder}/none/x`])).err).toMatch(
        /Cannot write the resources to .*ENOENT/,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
  test('prints no empty list on failure: Mesos would offer the root disk', async () => {
    const failed = { code: 1, out: 'holdfast-mesos-resources-failed\n' };
    expect(await resources([], [])).toMatchObject(failed);
    expect(await runHere(['mesos', 'resources'])).toMatchObject({
      ...failed,
      err: expect.stringContaining('admin.sock'),
    });
    expect((await runHere(['mesos', 'resources', '--json'])).out).toBe('');
  });
  test('is accepted by a master as the resources of an agent', async () => {
    const { out } = await resources([]);
    const { mesos, agent } = await clusterWith(...JSON.parse(out));
    const root = '/mnt/gold/db';
    expect((await run(mesos, 'reserve', agent.id, root, '--role', 'ads')).code).toBe(0);
  });
});
