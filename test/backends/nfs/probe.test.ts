import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { NfsVersion } from '../../../src/backends/nfs/nfs-version.ts';
import { probeNfs } from '../../../src/backends/nfs/probe.ts';
import type { Answer } from '../../../src/backends/shared/share/share.ts';
import type { Network } from '../../../src/host/host.ts';
import { linuxNetwork } from '../../../src/host/network.ts';
import { createPrograms, standardSearchPath } from '../../../src/host/run-command.ts';
import { createFakeHost, createFakeState } from '../../fakes/fake-host.ts';
import type { FakeServer } from '../../fakes/fake-host-network.ts';
import { errno } from '../../fakes/fake-paths.ts';
import { answersNull, answersWith } from '../share/null-answer.ts';

/** What is said of a server that takes this long. */
function probe(server: FakeServer | undefined, took = 3, version: NfsVersion = '4.2'): Promise<Answer> {
  const state = createFakeState();
  if (server) state.servers.set('nfs.example:2049', server);
  const times = [1000, 1000 + took];
  const { network } = createFakeHost(state);
  const address = { host: 'nfs.example', port: 2049 };
  return probeNfs({ network, address, version, now: () => times.shift() ?? 0 }, AbortSignal.timeout(50));
}

describe('an NFS server that is asked', () => {
  test('is ok when it answers, and slow when that takes more than a second', async () => {
    expect(await probe(answersNull, 12)).toEqual({ state: 'ok', detail: 'it answered after 12 ms' });
    expect((await probe(answersNull, 1000)).state).toBe('ok');
    expect(await probe(answersNull, 1001)).toEqual({
      state: 'slow',
      detail: 'it answered after 1001 ms: look at the load of the server and at the network',
    });
  });
  test('is there also when it wants better credentials', async () => {
    expect((await probe(answersWith(5))).state).toBe('ok');
  });
  test.each<[NfsVersion, number]>([
    ['4.2', 4],
    ['4.1', 4],
    ['4.0', 4],
    ['3', 3],
  ])('is asked for version %s as RPC version %d', async (version, asked) => {
    let seen = 0;
    const server: FakeServer = (request) => {
      seen = Buffer.from(request).readUInt32BE(20);
      return answersNull(request);
    };
    await probe(server, 3, version);
    expect(seen).toBe(asked);
  });
  test('has the wrong version when it serves another: which, and what to set, is said', async () => {
    expect(await probe(answersWith(2, 3, 3))).toEqual({
      state: 'wrong-version',
      detail:
        'it serves NFS 3, and no NFS 4: enable that on the server, or set `version: "3"` for the driver',
    });
    const { detail } = await probe(answersWith(2, 4, 4), 3, '3');
    expect(detail).toMatch(/it serves NFS 4, and no NFS 3: .*`version: "4.2"`/);
  });
  test.each<[string, FakeServer, RegExp]>([
    ['no NFS at all', answersWith(1), /port 2049 serves no NFS at all/],
    ['another protocol', () => Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n'), /port 2049 is no NFS server/],
  ])('has the wrong version when what answers speaks %s', async (_, server, detail) => {
    expect(await probe(server)).toEqual({ state: 'wrong-version', detail: expect.stringMatching(detail) });
  });
  test.each<[string, FakeServer | undefined, Answer['state'], RegExp]>([
    ['says nothing', () => 'silent', 'no-reply', /^it did not answer in time: see whether the server hangs/],
    ['breaks off', () => errno('ECONNRESET', 'nfs'), 'no-reply', /^it broke off without an answer/],
    [
      'has no such port',
      undefined,
      'refused',
      /^it refused the connection to port 2049: start its NFS service/,
    ],
    ['is off', () => errno('EHOSTUNREACH', 'nfs'), 'unreachable', /^no way leads to it \(EHOSTUNREACH\)/],
    ['is on no route', () => errno('ENETUNREACH', 'nfs'), 'unreachable', /routes of this host/],
    [
      'is not known',
      () => errno('ENOTFOUND', 'nfs'),
      'unreachable',
      /^its name nfs.example cannot be resolved/,
    ],
  ])('that %s: the state and the way out', async (_, server, state, detail) => {
    expect(await probe(server)).toEqual({ state, detail: expect.stringMatching(detail) });
  });
});

describe('a server on a real port', () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
  const network: Network = linuxNetwork(createPrograms({ searchPath: standardSearchPath }));

  async function listen(serve: (socket: Socket) => void): Promise<number> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      serve(socket.on('error', () => undefined));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return address.port;
  }
  const ask = (port: number, host = '127.0.0.1') =>
    probeNfs(
      { network, address: { host, port }, version: '4.2', now: () => performance.now() },
      AbortSignal.timeout(500),
    );
  const answering = (socket: Socket) =>
    socket.on('data', (call) => {
      const answer = answersNull(call);
      // In two pieces, as a network may deliver it.
      if (answer instanceof Uint8Array)
        socket.write(answer.subarray(0, 9), () => socket.write(answer.subarray(9)));
    });

  test('is ok, by address and by name', async () => {
    const port = await listen(answering);
    expect((await ask(port)).state).toBe('ok');
    expect((await ask(port, 'localhost')).state).toBe('ok');
  });
  test('takes the connection and says nothing', async () => {
    expect((await ask(await listen(() => undefined))).state).toBe('no-reply');
  });
  test('closes the connection at once', async () => {
    expect((await ask(await listen((socket) => socket.destroy()))).state).toBe('no-reply');
  });
  test('is a web server', async () => {
    const port = await listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect((await ask(port)).state).toBe('wrong-version');
  });
  test('refuses', async () => {
    const port = await listen(answering);
    for (const close of closing.splice(0)) await close();
    expect((await ask(port)).state).toBe('refused');
  });
  test('has a name that nobody knows', async () => {
    expect((await ask(2049, 'no-such-host.invalid')).state).toMatch(/^(unreachable|no-reply)$/);
  });
});
