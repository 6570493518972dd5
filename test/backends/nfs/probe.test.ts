import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { probeNfs } from '../../../src/backends/nfs/probe.ts';
import type { NfsVersion } from '../../../src/backends/nfs/version.ts';
import type { Answer } from '../../../src/backends/shared/network-share/share.ts';
import type { Network } from '../../../src/host/host.ts';
import { linuxNetwork } from '../../../src/host/network.ts';
import { createPrograms, standardSearchPath } from '../../../src/host/run-command.ts';
import { createFakeHost, createFakeState } from '../../fakes/host/fake-host.ts';
import type { FakeServer } from '../../fakes/host/network.ts';
import { errno } from '../../fakes/host/paths.ts';
import { answersNull, answersWith } from '../shared/network-share/null-answer.ts';

/** The state of a server that answers after `took` milliseconds. */
function probe(server: FakeServer | undefined, took = 3, version: NfsVersion = '4.2'): Promise<Answer> {
  const state = createFakeState();
  if (server) state.servers.set('nfs.example:2049', server);
  const times = [1000, 1000 + took];
  const { network } = createFakeHost(state);
  const address = { host: 'nfs.example', port: 2049 };
  return probeNfs({ network, address, version, now: () => times.shift() ?? 0 }, AbortSignal.timeout(50));
}

describe('a check of an NFS server', () => {
  test('is ok if it answers, and slow if that takes more than a second', async () => {
    expect(await probe(answersNull, 12)).toEqual({ state: 'ok', detail: 'it answered after 12 ms' });
    expect((await probe(answersNull, 1000)).state).toBe('ok');
    expect(await probe(answersNull, 1001)).toEqual({
      state: 'slow',
      detail: 'it answered after 1001 ms: look at the load of the server and at the network',
    });
  });
  test('is ok if it demands better credentials', async () => {
    expect((await probe(answersWith(5))).state).toBe('ok');
  });
  test.each<[NfsVersion, number]>([
    ['4.2', 4],
    ['4.1', 4],
    ['4.0', 4],
    ['3', 3],
  ])('is checked for version %s as RPC version %d', async (version, asked) => {
    let seen = 0;
    const server: FakeServer = (request) => {
      seen = Buffer.from(request).readUInt32BE(20);
      return answersNull(request);
    };
    await probe(server, 3, version);
    expect(seen).toBe(asked);
  });
  test('has the wrong version if it serves another: the message says which, and what to set', async () => {
    expect(await probe(answersWith(2, 3, 3))).toEqual({
      state: 'wrong-version',
      detail:
        'it serves NFS 3, but not NFS 4: enable that on the server, or set `version: "3"` for the driver',
    });
    const { detail } = await probe(answersWith(2, 4, 4), 3, '3');
    expect(detail).toMatch(/it serves NFS 4, but not NFS 3: .*`version: "4.2"`/);
  });
  test.each<[string, FakeServer, RegExp]>([
    ['is without NFS', answersWith(1), /port 2049 does not serve NFS/],
    ['another protocol', () => Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n'), /port 2049 is not an NFS server/],
  ])('has the wrong version if it speaks %s', async (_, server, detail) => {
    expect(await probe(server)).toEqual({ state: 'wrong-version', detail: expect.stringMatching(detail) });
  });
  test.each<[string, FakeServer | undefined, Answer['state'], RegExp]>([
    [
      'says nothing',
      () => 'silent',
      'no-reply',
      /^it did not answer in time: check whether the server hangs/,
    ],
    [
      'breaks off',
      () => errno('ECONNRESET', 'nfs'),
      'no-reply',
      /^it closed the connection without an answer/,
    ],
    [
      'has no such port',
      undefined,
      'refused',
      /^it refused the connection to port 2049: start its NFS service/,
    ],
    [
      'is off',
      () => errno('EHOSTUNREACH', 'nfs'),
      'unreachable',
      /^there is no route to it \(EHOSTUNREACH\)/,
    ],
    ['has no route to it', () => errno('ENETUNREACH', 'nfs'), 'unreachable', /routes of this host/],
    [
      'has an unknown name',
      () => errno('ENOTFOUND', 'nfs'),
      'unreachable',
      /^its name nfs.example cannot be resolved/,
    ],
  ])('that %s has a state and a way out', async (_, server, state, detail) => {
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
  const ask = (port: number, host = '127.0.0.1', within = 100_000) =>
    probeNfs(
      { network, address: { host, port }, version: '4.2', now: () => performance.now() },
      AbortSignal.timeout(within),
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
  test('accepts the connection and does not answer', async () => {
    expect((await ask(await listen(() => undefined), '127.0.0.1', 500)).state).toBe('no-reply');
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
  test('has an unknown name', async () => {
    expect((await ask(2049, 'no-such-host.invalid', 500)).state).toMatch(/^(unreachable|no-reply)$/);
  });
});
