import { lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createPluginApp } from '../../../src/http/plugin/app.ts';
import { type Listening, listenOnPath } from '../../../src/http/sockets.ts';
import { createWiredServer } from '../../../src/http/wired-server.ts';
import { createFakeHost, createFakeState, type FakeState } from '../../fakes/host/fake-host.ts';
import { interceptHost } from '../../fakes/intercepted-host.ts';
import { callPlugin, type PluginAnswer } from '../../fakes/plugin-client.ts';
import { openRig, type Rig, volume } from '../../fakes/rig.ts';
import { eventually } from '../../lab/eventually.ts';
import { inTime } from '../../lab/in-time.ts';
import { listenParts } from '../../lab/network/listen-parts.ts';

/** The numbers are those of "What a conforming plugin does": docs/reference/protocol.md. */
let folder: string;
let rig: Rig;
let listening: Listening;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
  await listen(await openRig());
});

afterEach(async () => {
  await listening.close();
  rmSync(folder, { recursive: true });
});

async function listen(next: Rig): Promise<void> {
  await listening?.close();
  rig = next;
  const { driver } = rig;
  const log = { enabled: () => true, write: () => undefined };
  listening = await listenOnPath(
    createWiredServer(createPluginApp(driver, log)),
    join(folder, 'holdfast.sock'),
    listenParts,
  );
}

function call(method: string, body?: unknown): Promise<PluginAnswer> {
  return callPlugin(
    listening.path,
    method === 'Activate' ? 'Plugin.Activate' : `VolumeDriver.${method}`,
    body,
  );
}

async function errorOf(answer: Promise<PluginAnswer>): Promise<string> {
  const { status, json } = await answer;
  expect(status).not.toBe(200);
  const { Problem, ...rest } = Object(json);
  expect(rest).toEqual({ Err: expect.any(String) });
  // The parts of `Err`, if it ends with a command.
  if (Problem !== undefined)
    expect(Problem).toEqual({ message: expect.any(String), waysOut: expect.any(Array) });
  return String(Object(json).Err);
}

const storageDown = Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });

/** A host on which every call below the volumes' root fails. */
function breakStorage(state: FakeState): ReturnType<typeof createFakeHost> {
  return interceptHost(createFakeHost(state), async (hostCall, run) => {
    if (hostCall.detail.startsWith('/srv/volumes')) throw storageDown;
    return run();
  });
}

describe('wire', () => {
  test('1. Activate answers at once, any number of times, storage up or down', async () => {
    const expected = { Implements: ['VolumeDriver'] };
    expect((await call('Activate')).json).toEqual(expected);
    expect((await call('Activate')).json).toEqual(expected);
    const state = createFakeState();
    await listen(await openRig({ state, host: breakStorage(state) }));
    expect((await call('Activate')).json).toEqual(expected);
  });

  test.each(['Activate', 'List', 'Capabilities'])('2. an empty body is accepted for %s', async (method) => {
    expect((await call(method)).status).toBe(200);
    expect((await call(method, '')).status).toBe(200);
  });

  test.each(['Create', 'Remove', 'Mount', 'Unmount', 'Path', 'Get'])(
    '2. an empty body is 400 for %s',
    async (method) => {
      expect((await call(method)).status).toBe(400);
      expect(await errorOf(call(method, ''))).toContain('empty');
      expect([...rig.driver.list()]).toEqual([]);
    },
  );

  test('3. Content-Type, Accept, Host and unknown keys are ignored; Opts may be missing or null', async () => {
    const headers = {
      'Content-Type': 'application/x-www-form-urlencoded',
      Accept: 'image/png',
      Host: 'nonsense',
    };
    const path = listening.path;
    const body = { Future: { deep: [1] }, Opts: null, Name: 'db' };
    expect((await callPlugin(path, 'VolumeDriver.Create', body, { headers })).status).toBe(200);
    expect((await call('Create', { Name: 'other' })).status).toBe(200);
    expect([...rig.driver.list()]).toHaveLength(2);
  });

  test('4. success is exactly 200 with JSON; failure is another status with Err', async () => {
    const answer = await call('Create', { Name: 'db' });
    expect(answer).toMatchObject({ status: 200, contentType: 'application/json', json: {} });
    expect(await errorOf(call('Mount', { Name: 'absent', ID: 'a' }))).toContain('absent');
    expect(await errorOf(callPlugin(listening.path, 'VolumeDriver.Snapshot', {}))).toContain(
      'VolumeDriver.Snapshot',
    );
    expect(
      await errorOf(callPlugin(listening.path, 'VolumeDriver.Get', undefined, { method: 'GET' })),
    ).toContain('GET');
  });

  test('5. Get echoes the exact name; an unknown volume is an error within milliseconds', async () => {
    await call('Create', { Name: 'Db_1.x' });
    expect((await call('Get', { Name: 'Db_1.x' })).json).toMatchObject({ Volume: { Name: 'Db_1.x' } });
    const error = await inTime(1_000, () => errorOf(call('Get', { Name: 'db_1.x' })));
    expect(error).toContain('does not exist');
  });

  test('6. no null in Volumes, CreatedAt is RFC 3339, Status an object, no Mountpoint while not mounted', async () => {
    expect((await call('List')).json).toEqual({ Volumes: [] });
    await call('Create', { Name: 'db' });
    const rfc3339 = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    expect((await call('List')).json).toEqual({ Volumes: [{ Name: 'db', CreatedAt: rfc3339 }] });
    const { json } = await call('Get', { Name: 'db' });
    expect(json).toEqual({ Volume: { Name: 'db', CreatedAt: rfc3339, Status: expect.any(Object) } });
    await call('Mount', { Name: 'db', ID: 'a' });
    const mounted = { Name: 'db', Mountpoint: '/srv/mnt/holdfast/db' };
    expect((await call('List')).json).toMatchObject({ Volumes: [mounted] });
    expect((await call('Get', { Name: 'db' })).json).toMatchObject({ Volume: mounted });
    expect((await call('Path', { Name: 'db' })).json).toEqual({ Mountpoint: mounted.Mountpoint });
    await call('Unmount', { Name: 'db', ID: 'a' });
    expect((await call('Path', { Name: 'db' })).json).toEqual({});
  });

  test('7. a successful Mount names an existing absolute path that is the volume', async () => {
    await call('Create', { Name: 'db' });
    const { json } = await call('Mount', { Name: 'db', ID: 'a' });
    const mountpoint = String(Object(json).Mountpoint);
    expect(await rig.host.files.realPath(mountpoint)).toBe(mountpoint);
    const data = await rig.host.files.facts('/srv/volumes/db');
    expect(await rig.host.mounts.at(mountpoint)).toMatchObject({ kind: 'mounted', inode: data?.inode });
  });

  test('8. Capabilities never change', async () => {
    const expected = { Capabilities: { Scope: 'local' } };
    expect((await call('Capabilities')).json).toEqual(expected);
    expect((await call('Capabilities', { Name: 'x' })).json).toEqual(expected);
  });

  test('9. a thousand Gets in parallel are answered', async () => {
    await call('Create', { Name: 'db' });
    const answers = await Promise.all(Array.from({ length: 1000 }, () => call('Get', { Name: 'db' })));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
  });

  test('10. Get and List work with the storage down', async () => {
    await call('Create', { Name: 'db' });
    await listen(await openRig({ state: rig.state, host: breakStorage(rig.state) }));
    expect((await call('Get', { Name: 'db' })).status).toBe(200);
    expect((await call('List')).json).toMatchObject({ Volumes: [{ Name: 'db' }] });
    const unknown = await call('Get', { Name: 'absent' });
    expect(unknown.status).toBe(503);
    expect(unknown.json).toEqual({ Err: expect.stringMatching(/^Cannot tell whether volume absent exists/) });
  });

  test('connections are kept: a thousand calls work over one', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 1000; i += 1) {
      expect((await callPlugin(listening.path, 'Plugin.Activate', undefined, { agent })).status).toBe(200);
    }
    agent.destroy();
  });
});

describe('meaning', () => {
  test('11. Create is idempotent for equal, empty or null options, and names the difference for others', async () => {
    expect((await call('Create', { Name: 'db', Opts: { mode: '0700' } })).status).toBe(200);
    for (const Opts of [{ mode: '0700' }, {}, null]) {
      expect((await call('Create', { Name: 'db', Opts })).status).toBe(200);
    }
    expect(await errorOf(call('Create', { Name: 'db', Opts: { mode: '0750' } }))).toContain('mode');
    expect(await errorOf(call('Create', { Name: 'no', Opts: { sice: '1g' } }))).toMatch(/sice.*size/);
    expect((await call('Get', { Name: 'no' })).status).toBe(404);
  });

  test.each(['..', '../x', 'a/b', 'v@ds', 'a\0b', '', 'x'.repeat(300), 'dаta', '.hidden'])(
    '12. the hostile name %j is refused by every call',
    async (Name) => {
      for (const method of ['Create', 'Remove', 'Mount', 'Unmount', 'Path', 'Get']) {
        expect((await call(method, { Name, ID: 'a' })).status).toBe(400);
        expect(await errorOf(call(method, { Name, ID: 'a' }))).toContain('volume name');
      }
      expect([...rig.driver.list()]).toEqual([]);
    },
  );

  test('13. Mount(A) twice, Unmount(A) once while a container still uses it: still mounted', async () => {
    await call('Create', { Name: 'db' });
    await call('Mount', { Name: 'db', ID: 'a' });
    rig.state.use(rig.mountpoint('db'), { pid: 1, command: 'x' });
    await call('Mount', { Name: 'db', ID: 'a' });
    expect((await call('Unmount', { Name: 'db', ID: 'a' })).json).toEqual({});
    expect((await rig.host.mounts.at(rig.mountpoint('db'))).kind).toBe('mounted');
  });

  test('14. Unmount of an unknown ID or of an unmounted volume succeeds', async () => {
    await call('Create', { Name: 'db' });
    expect((await call('Unmount', { Name: 'db', ID: 'a' })).status).toBe(200);
    expect((await call('Unmount', { Name: 'absent', ID: 'a' })).status).toBe(200);
  });

  test('15. Unmount succeeds once the reference is dropped, even if the teardown has to wait', async () => {
    await call('Create', { Name: 'db' });
    await call('Mount', { Name: 'db', ID: 'a' });
    rig.state.busy.add(rig.mountpoint('db'));
    expect((await call('Unmount', { Name: 'db', ID: 'a' })).status).toBe(200);
  });

  test('16. after an engine crash Mount(old ID) and one Unmount end unmounted', async () => {
    await call('Create', { Name: 'db' });
    await call('Mount', { Name: 'db', ID: 'old' });
    await call('Mount', { Name: 'db', ID: 'old' });
    await call('Unmount', { Name: 'db', ID: 'old' });
    expect((await rig.host.mounts.at(rig.mountpoint('db'))).kind).toBe('bare');
  });

  test('17. a client that hangs up in the middle of a Mount leaves no reference', async () => {
    let reached: () => void = () => undefined;
    let release: () => void = () => undefined;
    const binding = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const state = createFakeState();
    const host = interceptHost(createFakeHost(state), async (hostCall, run) => {
      if (hostCall.name === 'mounts.bind') {
        reached();
        await gate;
      }
      return run();
    });
    await listen(await openRig({ state, host }));
    await call('Create', { Name: 'db' });
    const client = new AbortController();
    const hungUp = callPlugin(
      listening.path,
      'VolumeDriver.Mount',
      { Name: 'db', ID: 'a' },
      { signal: client.signal },
    );
    await binding;
    client.abort();
    await expect(hungUp).rejects.toThrow();
    // The second caller's Mount is behind the first in the volume's queue.
    const joined = call('Mount', { Name: 'db', ID: 'b' });
    release();
    expect((await joined).status).toBe(200);
    // Its holder is dropped, whether the hang-up is seen before or after the answer is written.
    await eventually('one holder', async () => (await rig.driver.get(volume('db')))?.holders.length === 1);
  });

  test('18. a failed Mount leaves nothing mounted', async () => {
    await call('Create', { Name: 'db' });
    rig.state.failNext('mounts.bind', storageDown);
    expect(await errorOf(call('Mount', { Name: 'db', ID: 'a' }))).toContain('db');
    expect(await rig.host.mounts.below('/srv/mnt')).toEqual([]);
    expect((await call('Get', { Name: 'db' })).json).not.toHaveProperty('Volume.Mountpoint');
  });

  test('19. Mount(B) during Unmount(A): B gets a live mount', async () => {
    await call('Create', { Name: 'db' });
    await call('Mount', { Name: 'db', ID: 'a' });
    await Promise.all([call('Unmount', { Name: 'db', ID: 'a' }), call('Mount', { Name: 'db', ID: 'b' })]);
    expect((await rig.host.mounts.at(rig.mountpoint('db'))).kind).toBe('mounted');
  });

  test('20. Remove refuses only on verified use; removing an absent volume succeeds', async () => {
    await call('Create', { Name: 'db' });
    await call('Mount', { Name: 'db', ID: 'a' });
    rig.state.use(rig.mountpoint('db'), { pid: 4711, command: 'postgres' });
    expect(await errorOf(call('Remove', { Name: 'db' }))).toContain('postgres');
    rig.state.release(rig.mountpoint('db'));
    rig.state.clock.now += 60_000;
    expect((await call('Remove', { Name: 'db' })).status).toBe(200);
    expect((await call('Remove', { Name: 'db' })).status).toBe(200);
  });

  test('21. after its own restart it restores what was mounted before it answers for it', async () => {
    await call('Create', { Name: 'db' });
    await call('Mount', { Name: 'db', ID: 'a' });
    await rig.host.mounts.unmount(rig.mountpoint('db'));
    await listen(await openRig({ state: rig.state, host: createFakeHost(rig.state) }));
    expect((await call('Mount', { Name: 'db', ID: 'b' })).status).toBe(200);
    expect((await call('Get', { Name: 'db' })).json).toMatchObject({ Volume: { Status: { holders: 2 } } });
  });

  test.each([{}, { size: '64m' }])('22. a fresh volume with %j looks empty', async (Opts) => {
    await call('Create', { Name: 'db', Opts });
    await call('Mount', { Name: 'db', ID: 'a' });
    expect(await rig.host.files.list(rig.mountpoint('db'))).toEqual([]);
  });

  test('23. a Mount is answered at once if the storage is fast', async () => {
    await call('Create', { Name: 'db' });
    expect((await inTime(5_000, () => call('Mount', { Name: 'db', ID: 'a' }))).status).toBe(200);
  });

  test('a volume that was deleted without the engine can be created again', async () => {
    await call('Create', { Name: 'db' });
    await call('Remove', { Name: 'db' });
    expect((await call('Create', { Name: 'db' })).status).toBe(200);
    expect((await call('Get', { Name: 'db' })).status).toBe(200);
  });
});

describe('bad bodies', () => {
  test.each([
    ['no JSON', 'Name=db', 'not JSON'],
    ['cut off', '{"Name": "d', 'not JSON'],
    ['a list', '[]', 'JSON object'],
    ['a string', '"db"', 'JSON object'],
    ['null', 'null', 'JSON object'],
    ['a number as name', '{"Name": 5}', 'must be a string'],
    ['no name', '{}', 'must be a string'],
    ['a list of options', '{"Name": "db", "Opts": ["size"]}', 'Opts must be an object'],
    ['an object as option', '{"Name": "db", "Opts": {"size": {"gb": 1}}}', '"size" must be a string'],
    ['a number as option', '{"Name": "db", "Opts": {"size": 5}}', '"size" must be a string'],
    ['__proto__', '{"Name": "db", "Opts": {"__proto__": "x"}}', '__proto__'],
    ['an option of 1 MB', JSON.stringify({ Name: 'db', Opts: { path: 'x'.repeat(1 << 20) } }), 'path'],
    ['deep nesting as name', `{"Name": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'must be a string'],
    [
      'deep nesting as option',
      `{"Name": "db", "Opts": {"size": ${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
      'must be a string',
    ],
  ])('%s is answered with what to do, and the daemon continues', async (_, body, words) => {
    const message = await errorOf(call('Create', body));
    expect(message).toContain(words);
    expect(message.length).toBeLessThan(1000);
    expect((await call('Activate')).status).toBe(200);
    expect([...rig.driver.list()]).toEqual([]);
  });

  test('5 MB are read to their end, and refused', async () => {
    expect(await errorOf(call('Create', 'x'.repeat(5 << 20)))).toContain('at most');
  });

  test('bytes that are not HTTP, and an incomplete call, do no harm', async () => {
    for (const bytes of [
      '\0\x01\x02 rubbish\r\n\r\n',
      'POST /VolumeDriver.Create HTTP/1.1\r\nContent-Length: 50\r\n\r\n{"Name":',
    ]) {
      const socket = connect(listening.path);
      socket.on('error', () => undefined);
      await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
      socket.destroy();
    }
    expect((await call('Activate')).status).toBe(200);
  });
});

describe('the socket', () => {
  test('has mode 0600', () => {
    expect(lstatSync(listening.path).mode & 0o777).toBe(0o600);
  });
});
