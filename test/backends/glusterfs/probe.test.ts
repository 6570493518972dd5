import { beforeEach, describe, expect, test } from '@jest/globals';
import { createGlusterfsShare } from '../../../src/backends/glusterfs/glusterfs-share.ts';
import type { Answer, Share } from '../../../src/backends/shared/share/share.ts';
import type { Host } from '../../../src/host/host.ts';
import { createFakeHost, createFakeState, type FakeState } from '../../fakes/fake-host.ts';
import { errno } from '../../fakes/fake-paths.ts';
import { createFakeShare } from '../../fakes/fake-shares.ts';
import type { FakeFileSystem } from '../../fakes/fake-tree.ts';
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
  await host.programs.run('mount', args, AbortSignal.timeout(1_000));
}

describe('a look at a Gluster volume', () => {
  test('names the servers that answer and counts the bricks that run', async () => {
    expect(await probe()).toEqual({
      state: 'ok',
      detail: 'gluster1 answers, gluster2 answers; 3 of 3 bricks run',
    });
  });
  test('is content with one server, and names the other', async () => {
    breakServer('gluster1', 'ECONNREFUSED');
    expect(await probe()).toMatchObject({
      state: 'ok',
      detail: expect.stringMatching(
        /^gluster1 refuses the connection, gluster2 answers; 2 of 3 bricks run; not known: gluster1:\/b\/1$/,
      ),
    });
    breakServer('gluster1', 'EHOSTUNREACH');
    expect(await probe()).toMatchObject({
      state: 'ok',
      detail: expect.stringMatching(/^gluster1 cannot be reached, .*down: gluster1:\/b\/1$/),
    });
    breakServer('gluster1', 'silent');
    expect(await probe()).toMatchObject({
      state: 'ok',
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
  test('finds it slow when the first answer takes more than a second', async () => {
    for (const server of ['gluster1', 'gluster2']) {
      const answers = state.servers.get(`${server}:24007`);
      state.servers.set(`${server}:24007`, (request) => {
        state.clock.now += 1_500;
        return answers?.(request) ?? 'silent';
      });
    }
    expect(await probe()).toMatchObject({ state: 'slow' });
  });
  test('finds bricks down only when too few are left for all data', async () => {
    running.delete('/b/1');
    expect(await probe()).toMatchObject({
      state: 'ok',
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
  test('takes a server for well that closes the connection, as with TLS', async () => {
    breakServer('gluster1', 'ECONNRESET');
    breakServer('gluster2', 'ECONNRESET');
    expect(await probe()).toMatchObject({
      state: 'ok',
      detail: 'gluster1 takes connections and says nothing, gluster2 takes connections and says nothing',
    });
  });
  test('takes gibberish for an answer that says nothing', async () => {
    for (const server of ['gluster1', 'gluster2'])
      state.servers.set(`${server}:24007`, () => Buffer.from([0x80, 0, 0, 4, 1, 2, 3, 4]));
    expect(await probe()).toMatchObject({ state: 'ok', detail: 'gluster1 answers, gluster2 answers' });
  });
});

describe('a look at a mounted Gluster volume', () => {
  beforeEach(mount);
  test('asks for the client process as well', async () => {
    expect(await probe(mountpoint)).toMatchObject({ state: 'ok' });
    state.breakShare(storage, 'client-dead');
    expect(await probe(mountpoint)).toMatchObject({
      state: 'client-dead',
      detail: expect.stringMatching(/\/mnt\/base has ended.*must be restarted/),
    });
    expect(await probe()).toMatchObject({ state: 'ok' });
  });
  test('holds up nobody because glusterd is stopped: the client needs the bricks alone', async () => {
    breakServer('gluster1', 'ECONNREFUSED');
    breakServer('gluster2', 'ECONNREFUSED');
    expect(await probe(mountpoint)).toMatchObject({
      state: 'ok',
      detail: expect.stringMatching(/^gluster1 refuses.*no new client could be mounted$/),
    });
  });
  test('remembers the bricks, so that those of other hosts count when no server of the settings answers', async () => {
    share = createShare(['gluster1']);
    await probe(mountpoint);
    breakServer('gluster1', 'EHOSTUNREACH');
    expect(await probe(mountpoint)).toMatchObject({
      state: 'ok',
      detail: expect.stringMatching(/2 of 3 bricks run; down: gluster1:\/b\/1; no new client/),
    });
    breakServer('gluster2', 'EHOSTUNREACH');
    expect(await probe(mountpoint)).toMatchObject({ state: 'bricks-down' });
    breakServer('gluster3', 'EHOSTUNREACH');
    expect(await probe(mountpoint)).toMatchObject({ state: 'unreachable' });
  });
});

describe('a mount of a Gluster volume is lost', () => {
  beforeEach(mount);
  test('when its client has ended, and not when its bricks are down', async () => {
    expect(await share.isLost(mountpoint, 'ENOTCONN')).toBe(false);
    expect(await share.isLost(mountpoint, 'ECONNABORTED')).toBe(false);
    state.breakShare(storage, 'client-dead');
    expect(await share.isLost(mountpoint, 'ENOTCONN')).toBe(true);
    expect(await share.isLost(mountpoint, 'ECONNABORTED')).toBe(true);
  });
  test('when its directory was deleted', async () => {
    expect(await share.isLost(mountpoint, 'ESTALE')).toBe(true);
  });
  test.each(['EIO', 'EACCES', 'ETIMEDOUT', 'EROFS'])('never because of %s', async (code) => {
    state.breakShare(storage, 'client-dead');
    expect(await share.isLost(mountpoint, code)).toBe(false);
  });
  test('never because nobody could look', async () => {
    state.breakShare(storage, 'client-dead');
    state.failNext('files.list', errno('EMFILE', '/proc'));
    expect(await share.isLost(mountpoint, 'ENOTCONN')).toBe(false);
  });
});
