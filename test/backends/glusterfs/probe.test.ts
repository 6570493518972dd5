import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createGlusterfsShare } from '../../../src/backends/glusterfs/share.ts';
import type { Answer, Share } from '../../../src/backends/shared/network-share/share.ts';
import type { Host } from '../../../src/host/host.ts';
import { createFakeHost, createFakeState, type FakeState } from '../../fakes/host/fake-host.ts';
import { errno } from '../../fakes/host/paths.ts';
import { createFakeShare } from '../../fakes/host/shares.ts';
import type { FakeFileSystem } from '../../fakes/host/tree.ts';
import { type FakeSet, fakeGlusterd, volumeFile } from './fake-glusterd.ts';

const bricks = ['gluster1:/b/1', 'gluster2:/b/2', 'gluster3:/b/3'];
const mountpoint = '/mnt/base';

let state: FakeState;
let host: Host;
let share: Share;
let storage: FakeFileSystem;
let running: Set<string>;

beforeEach(async () => {
  state = createFakeState();
  host = createFakeHost(state);
  storage = createFakeShare();
  state.shares.set('gluster1:/gv0', storage);
  running = new Set(['/b/1', '/b/2', '/b/3']);
  serve({ type: 'replicate', bricks });
  share = createShare(['gluster1', 'gluster2']);
  await host.files.makeMountpoint(mountpoint);
});

function createShare(servers: readonly string[]): Share {
  return createGlusterfsShare({
    host,
    driver: 'shared',
    servers,
    volume: 'gv0',
    logLevel: 'WARNING',
    logDir: '/var/log/glusterfs',
    mountOptions: [],
  });
}

/** Each server knows the volume, and its own bricks. */
function serve(set: FakeSet): void {
  const volumeFiles = new Map([['gv0', volumeFile([set])]]);
  for (const server of ['gluster1', 'gluster2', 'gluster3']) {
    state.servers.set(`${server}:24007`, fakeGlusterd({ volumeFiles, running }));
  }
}

function breakServer(server: string, how: 'ECONNREFUSED' | 'EHOSTUNREACH' | 'ECONNRESET' | 'silent'): void {
  state.servers.set(`${server}:24007`, () => (how === 'silent' ? how : errno(how, server)));
}

const probe = (place?: string): Promise<Answer> => share.probe(place, AbortSignal.timeout(100));

async function mount(): Promise<void> {
  const wanted = { directory: '', access: 'read-write', options: [], sharing: 'shared' } as const;
  const { type, options, source } = share.mountOf(wanted);
  const args = ['-t', type, '-o', options.join(','), '--', source, mountpoint];
  await host.programs.run('mount', args, AbortSignal.timeout(100_000));
}

describe('a check of a Gluster volume', () => {
  test('names the servers that answer, and counts the running bricks', async () => {
    expect(await probe()).toEqual({
      state: 'ok',
      detail: 'gluster1 answers, gluster2 answers; 3 of 3 bricks run',
    });
  });
  test('is ok with one server, and names the other', async () => {
    breakServer('gluster1', 'ECONNREFUSED');
    expect(await probe()).toMatchObject({
      state: 'degraded',
      detail: expect.stringMatching(
        /^gluster1 refuses the connection, gluster2 answers; 2 of 3 bricks run; not known: gluster1:\/b\/1$/,
      ),
    });
    breakServer('gluster1', 'EHOSTUNREACH');
    expect(await probe()).toMatchObject({
      state: 'degraded',
      detail: expect.stringMatching(/^gluster1 cannot be reached, .*down: gluster1:\/b\/1$/),
    });
    breakServer('gluster1', 'silent');
    expect(await probe()).toMatchObject({
      state: 'degraded',
      detail: expect.stringMatching(/^gluster1 does not answer,/),
    });
  });
  test.each([
    ['refused', 'ECONNREFUSED', 'ECONNREFUSED', /systemctl start glusterd/],
    ['unreachable', 'ECONNREFUSED', 'EHOSTUNREACH', /port 24007/],
    ['no-reply', 'EHOSTUNREACH', 'silent', /gluster2 does not answer: check those hosts/],
  ] as const)('finds it %s when no server answers (%s, %s)', async (found, first, second, detail) => {
    breakServer('gluster1', first);
    breakServer('gluster2', second);
    expect(await probe()).toMatchObject({ state: found, detail: expect.stringMatching(detail) });
  });
  test('finds it slow if the first answer takes more than a second', async () => {
    for (const server of ['gluster1', 'gluster2']) {
      const answers = state.servers.get(`${server}:24007`);
      state.servers.set(`${server}:24007`, (request) => {
        state.clock.now += 1_500;
        return answers?.(request) ?? 'silent';
      });
    }
    expect(await probe()).toMatchObject({ state: 'slow' });
  });
  test('finds bricks down only if too few are left for all data', async () => {
    running.delete('/b/1');
    expect(await probe()).toMatchObject({
      state: 'degraded',
      detail: expect.stringContaining('down: gluster1:/b/1'),
    });
    running.delete('/b/3');
    expect(await probe()).toMatchObject({
      state: 'bricks-down',
      detail: expect.stringMatching(
        /^1 of 3 bricks run; down: gluster1:\/b\/1, gluster3:\/b\/3: too few.*`gluster volume start gv0 force`/,
      ),
    });
    running.add('/b/1');
    expect(await probe()).toMatchObject({ state: 'degraded' });
    running.add('/b/3');
    expect(await probe()).toMatchObject({ state: 'ok' });
  });
  test('says that the servers have no such volume', async () => {
    for (const server of ['gluster1', 'gluster2'])
      state.servers.set(`${server}:24007`, fakeGlusterd({ volumeFiles: new Map(), running }));
    expect(await probe()).toMatchObject({
      state: 'refused',
      detail: expect.stringMatching(/no Gluster volume gv0: see `gluster volume list`/),
    });
  });
  test('treats a server that closes the connection as ok, as with TLS', async () => {
    breakServer('gluster1', 'ECONNRESET');
    breakServer('gluster2', 'ECONNRESET');
    expect(await probe()).toMatchObject({
      state: 'ok',
      detail:
        'gluster1 accepts connections but does not answer, gluster2 accepts connections but does not answer',
    });
  });
  test('treats gibberish as an answer without information', async () => {
    for (const server of ['gluster1', 'gluster2'])
      state.servers.set(`${server}:24007`, () => Buffer.from([0x80, 0, 0, 4, 1, 2, 3, 4]));
    expect(await probe()).toMatchObject({ state: 'ok', detail: 'gluster1 answers, gluster2 answers' });
  });
});

describe('a check of a mounted Gluster volume', () => {
  beforeEach(mount);
  test('includes the client process', async () => {
    expect(await probe(mountpoint)).toMatchObject({ state: 'ok' });
    state.breakShare(storage, 'client-dead');
    expect(await probe(mountpoint)).toMatchObject({
      state: 'client-dead',
      detail: expect.stringMatching(/\/mnt\/base has ended.*must be restarted/),
    });
    expect(await probe()).toMatchObject({ state: 'ok' });
  });
  test('does not fail if glusterd is stopped: the client needs only the bricks', async () => {
    breakServer('gluster1', 'ECONNREFUSED');
    breakServer('gluster2', 'ECONNREFUSED');
    expect(await probe(mountpoint)).toMatchObject({
      state: 'degraded',
      detail: expect.stringMatching(/^gluster1 refuses.*no new client could be mounted$/),
    });
  });
  test('remembers the bricks, so that bricks on other hosts count if no server of the settings answers', async () => {
    share = createShare(['gluster1']);
    await probe(mountpoint);
    breakServer('gluster1', 'EHOSTUNREACH');
    expect(await probe(mountpoint)).toMatchObject({
      state: 'degraded',
      detail: expect.stringMatching(/2 of 3 bricks run; down: gluster1:\/b\/1; no new client/),
    });
    breakServer('gluster2', 'EHOSTUNREACH');
    expect(await probe(mountpoint)).toMatchObject({ state: 'bricks-down' });
    breakServer('gluster3', 'EHOSTUNREACH');
    expect(await probe(mountpoint)).toMatchObject({ state: 'unreachable' });
  });
});

describe('a mount of a Gluster volume is requested', () => {
  const wanted = { directory: '', access: 'read-write', options: [], sharing: 'shared' } as const;
  const troubles = ['ECONNREFUSED', 'EHOSTUNREACH', 'silent', 'knows nothing'] as const;
  function trouble(server: string, how: (typeof troubles)[number]): void {
    const ignorant = fakeGlusterd({ volumeFiles: new Map(), running });
    if (how === 'knows nothing') state.servers.set(`${server}:24007`, ignorant);
    else breakServer(server, how);
  }
  const asked = (servers: readonly string[]) => {
    share = createShare(servers);
    return share.fitted(share.mountOf(wanted), AbortSignal.timeout(100));
  };

  test('from servers that have its volume file, in their order, and from all if none has', async () => {
    const servers = ['gluster1', 'gluster2', 'gluster3'];
    const states = fc.array(fc.constantFrom('well', 'well', ...troubles), { minLength: 3, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(states, async (how) => {
        serve({ type: 'replicate', bricks });
        for (const [at, each] of how.entries()) if (each !== 'well') trouble(servers[at] ?? '', each);
        const well = servers.filter((_, at) => how[at] === 'well');
        const talking = servers.filter((_, at) => how[at] === 'knows nothing');
        const [first, ...rest] = [well, talking, servers].find((some) => some.length > 0) ?? [];
        const { source, options } = await asked(servers);
        expect(source).toBe(`${first}:/gv0`);
        const backups = options.filter((option) => option.startsWith('backup-volfile-servers='));
        expect(backups).toEqual(rest.length === 0 ? [] : [`backup-volfile-servers=${rest.join(':')}`]);
      }),
      { numRuns: 40 },
    );
  });
  test('from all that accept connections if they require TLS', async () => {
    for (const server of ['gluster1', 'gluster3']) breakServer(server, 'ECONNRESET');
    breakServer('gluster2', 'silent');
    expect(await asked(['gluster2', 'gluster1', 'gluster3'])).toMatchObject({
      source: 'gluster1:/gv0',
      options: expect.arrayContaining(['backup-volfile-servers=gluster3']),
    });
  });
});

describe('a mount of a Gluster volume is lost', () => {
  beforeEach(mount);
  test('if its client has ended, but not if its bricks are down', async () => {
    expect(await share.isLost(mountpoint, 'ENOTCONN')).toBe(false);
    expect(await share.isLost(mountpoint, 'ECONNABORTED')).toBe(false);
    state.breakShare(storage, 'client-dead');
    expect(await share.isLost(mountpoint, 'ENOTCONN')).toBe(true);
    expect(await share.isLost(mountpoint, 'ECONNABORTED')).toBe(true);
  });
  test('if its directory was deleted', async () => {
    expect(await share.isLost(mountpoint, 'ESTALE')).toBe(true);
  });
  test.each(['EIO', 'EACCES', 'ETIMEDOUT', 'EROFS'])('never because of %s', async (code) => {
    state.breakShare(storage, 'client-dead');
    expect(await share.isLost(mountpoint, code)).toBe(false);
  });
  test('never because the check failed', async () => {
    state.breakShare(storage, 'client-dead');
    state.failNext('files.list', errno('EMFILE', '/proc'));
    expect(await share.isLost(mountpoint, 'ENOTCONN')).toBe(false);
  });
});
