import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Network } from '../../src/host/host.ts';
import { linuxNetwork } from '../../src/host/network.ts';
import { createPrograms, standardSearchPath } from '../../src/host/run-command.ts';

let folder = '';
let servers: Server[] = [];
let sockets: Socket[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-network-'));
});
afterEach(() => {
  for (const one of [...servers, ...sockets]) 'close' in one ? one.close() : one.destroy();
  servers = [];
  sockets = [];
  rmSync(folder, { recursive: true });
});

/** A network that resolves names with this shell script, or else with the system's `getent`. */
function network(getent?: string): Network {
  if (getent === undefined) return linuxNetwork(createPrograms({ searchPath: standardSearchPath }));
  writeFileSync(join(folder, 'getent'), `#!/bin/sh\n${getent}\n`);
  chmodSync(join(folder, 'getent'), 0o755);
  return linuxNetwork(createPrograms({ searchPath: `${folder}:/usr/bin:/bin` }));
}

/** Returns the port. */
async function serve(talk: (socket: Socket) => void, host = '127.0.0.1'): Promise<number> {
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    talk(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return (server.address() as AddressInfo).port;
}

const echo = (socket: Socket) => void socket.on('data', (chunk) => socket.write(chunk));
const soon = () => AbortSignal.timeout(100_000);
const ping = Buffer.from('ping');
const four = (answer: Uint8Array) => answer.length >= 4;
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

test('an answer is read until it is complete, then the connection is closed', async () => {
  const port = await serve((socket) => {
    socket.on('data', () => {
      socket.write('po');
      setTimeout(() => socket.write('ng'), 30);
    });
  });
  expect(text(await network().ask({ host: '127.0.0.1', port }, ping, four, soon()))).toBe('pong');
  const [socket] = sockets;
  if (socket && !socket.closed) await new Promise((resolve) => socket.once('close', resolve));
});
test('with an empty request, the connection is the answer', async () => {
  const port = await serve(() => undefined);
  const answer = await network().ask({ host: '127.0.0.1', port }, new Uint8Array(), () => true, soon());
  expect(answer).toHaveLength(0);
});
test('names are resolved, addresses are not', async () => {
  const port = await serve(echo);
  expect(text(await network().ask({ host: 'localhost', port }, ping, four, soon()))).toBe('ping');
  const never = network('exit 1');
  expect(text(await never.ask({ host: '127.0.0.1', port }, ping, four, soon()))).toBe('ping');
});
test('all addresses of a name are tried in their order', async () => {
  const port = await serve(echo, '127.0.0.3');
  const lines = ['127.0.0.2', '127.0.0.3', '127.0.0.4'].map(
    (ip) => `echo '${ip} STREAM n'; echo '${ip} DGRAM '`,
  );
  const named = network(lines.join('\n'));
  expect(text(await named.ask({ host: 'n', port }, ping, four, soon()))).toBe('ping');
});
test.each([
  ['an unknown name', 'exit 2', 'n'],
  ['a name without an address', 'exit 0', 'n'],
  ['a name that looks like an option', 'echo 127.0.0.1 STREAM', '-n'],
])('%s is not found', async (_, script, host) => {
  const asking = network(script).ask({ host, port: 1 }, ping, four, soon());
  await expect(asking).rejects.toMatchObject({ code: 'ENOTFOUND', message: expect.stringContaining(host) });
});
test('a closed port refuses', async () => {
  const port = await serve(echo);
  servers.pop()?.close();
  const asking = network().ask({ host: '127.0.0.1', port }, ping, four, soon());
  await expect(asking).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
test.each([
  ['says nothing', (): void => undefined, 'ETIMEDOUT', () => AbortSignal.timeout(500)],
  ['sends too little, and ends', (socket: Socket) => void socket.end('po'), 'ECONNRESET', soon],
  ['sends too much', (socket: Socket) => void socket.write(Buffer.alloc(200_000)), 'EMSGSIZE', soon],
])('a server that %s has not answered', async (_, talk, code, signal) => {
  const port = await serve(talk);
  const isWhole = () => false;
  const asking = network().ask({ host: '127.0.0.1', port }, ping, isWhole, signal());
  await expect(asking).rejects.toMatchObject({ code });
});
test.each([
  ['before it began', 'echo 127.0.0.1 STREAM', () => AbortSignal.abort()],
  ['while a name is resolved', 'sleep 30', () => AbortSignal.timeout(100)],
])('the signal ends it %s', async (_, script, signal) => {
  const asking = network(script).ask({ host: 'n', port: 1 }, ping, four, signal());
  await expect(asking).rejects.toMatchObject({ code: 'ETIMEDOUT' });
});
test('if the answer is invalid, the error of its parser is thrown', async () => {
  const port = await serve(echo);
  const read = (answer: Uint8Array) => {
    if (answer.length > 0) throw new Error('no RPC');
    return false;
  };
  await expect(network().ask({ host: '127.0.0.1', port }, ping, read, soon())).rejects.toThrow('no RPC');
});
