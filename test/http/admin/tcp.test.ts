import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, type RequestOptions, request } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Log } from '../../../src/core/log.ts';
import { createBriefReady } from '../../../src/http/admin/health.ts';
import { serveTcp, type TcpPlace } from '../../../src/http/admin/tcp.ts';
import { isSameToken, readToken } from '../../../src/http/admin/token.ts';
import { eventually } from '../../lab/eventually.ts';
import { freePort } from '../../lab/network/free-port.ts';
import { describeWith } from '../../lab/requirements.ts';

const token = 'a1'.repeat(32);
let folder: string;
let tokenFile: string;
let logged: { event: string; fields: Readonly<Record<string, unknown>> }[];
let closing: (() => Promise<void>)[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-tcp-'));
  tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, `${token}\n`, { mode: 0o600 });
  logged = [];
  closing = [];
});
afterEach(async () => {
  for (const close of closing) await close();
  rmSync(folder, { recursive: true });
});

const log: Log = {
  enabled: () => true,
  write: (_, event, fields = {}) => void logged.push({ event, fields }),
};
const happened = (event: string) => eventually(event, async () => logged.some((one) => one.event === event));

/** Serves a stand-in for the API, which answers with the path. */
async function serve(more: Partial<TcpPlace> = {}): Promise<number> {
  const port = await freePort();
  const place = { host: '127.0.0.1', port, tokenFile, openMetrics: false, page: false, ...more };
  const inner = (asked: { url?: string | undefined }, response: { end(text: string): void }) =>
    response.end(`did ${asked.url}`);
  const app = {
    whole: inner,
    briefReady: createBriefReady(() => [
      { driver: 'gold', state: 'ready' },
      { driver: 'iron', state: 'failed', error: new Error('nfs.example refused the connection') },
    ]),
  };
  const { close } = serveTcp(app, place, { log, attach: () => undefined, pause: 20 });
  closing.push(close);
  return port;
}

function ask(
  options: RequestOptions & { ca?: string },
  by = request,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = by({ host: '127.0.0.1', agent: false, ...options }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve({ status: response.statusCode ?? 0, text });
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** The limit that the documentation gives. */
const limit = 64;

/** Connections that send nothing. */
async function fill(port: number): Promise<readonly Socket[]> {
  const opened: Socket[] = [];
  for (let count = 0; count < limit; count++) {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('error', () => undefined).resume();
    await new Promise((resolve) => socket.once('connect', resolve));
    opened.push(socket);
  }
  return opened;
}

const bearer = (text: string) => ({ headers: { Authorization: `Bearer ${text}` } });

describe('the admin API by TCP', () => {
  test('answers only callers with the token', async () => {
    const port = await serve();
    await happened('admin-tcp-listening');
    expect(await ask({ port, path: '/v1/drivers', ...bearer(token) })).toEqual({
      status: 200,
      text: 'did /v1/drivers',
    });
    for (const headers of [
      {},
      { Authorization: '' },
      { Authorization: token },
      { Authorization: `Basic ${token}` },
      ...[token.slice(1), `${token}0`, token.toUpperCase(), `${token} ${token}`].map(
        (text) => bearer(text).headers,
      ),
    ]) {
      const refused = await ask({ port, path: '/v1/drivers', headers });
      expect(refused.status).toBe(401);
      expect(JSON.parse(refused.text)).toEqual({ error: { code: 'invalid', message: expect.any(String) } });
    }
    expect(logged.filter(({ event }) => event === 'admin-refused')).toHaveLength(1);
    expect(JSON.stringify(logged)).not.toContain(token);
  });

  test.each([
    [false, '/metrics', 401],
    [true, '/metrics', 200],
    [true, '/metrics?x=1', 200],
    [true, '/metrics/', 401],
    [true, '/Metrics', 401],
    [true, '//metrics', 401],
    [true, '/v1/../metrics', 401],
    [false, '/health/live', 200],
    [false, '/health/ready', 503],
    [false, '/health', 401],
    [false, '/health/drivers/gold', 401],
    [false, '/health/live/../../v1/drivers', 401],
    [false, '/health/../v1/drivers', 401],
    [false, '/health%2f..', 401],
  ])('with openMetrics %s, a request for %s without a token gets %s', async (openMetrics, path, status) => {
    const port = await serve({ openMetrics });
    await happened('admin-tcp-listening');
    expect((await ask({ port, path })).status).toBe(status);
    expect((await ask({ port, path, method: 'HEAD' })).status).toBe(status);
    expect((await ask({ port, path, method: 'POST' })).status).toBe(401);
  });

  test('shows a caller without the token how many drivers are ready, but neither names nor errors', async () => {
    const port = await serve();
    await happened('admin-tcp-listening');
    const path = '/health/ready';
    const brief = { status: 503, text: '{"state":"not-ready","counts":{"ready":1,"configured":2}}' };
    expect(await ask({ port, path })).toEqual(brief);
    expect(await ask({ port, path, ...bearer('b2'.repeat(32)) })).toEqual(brief);
    expect(await ask({ port, path, ...bearer(token) })).toEqual({ status: 200, text: 'did /health/ready' });
    rmSync(tokenFile);
    expect(await ask({ port, path, ...bearer(token) })).toEqual(brief);
    writeFileSync(tokenFile, `${token}\n`, { mode: 0o600 });
  });

  test('uses a new token at once, and none while others can read its file', async () => {
    const port = await serve();
    await happened('admin-tcp-listening');
    const other = 'b2'.repeat(32);
    writeFileSync(tokenFile, other);
    expect((await ask({ port, ...bearer(token) })).status).toBe(401);
    expect((await ask({ port, ...bearer(other) })).status).toBe(200);
    chmodSync(tokenFile, 0o644);
    const refused = await ask({ port, ...bearer(other) });
    expect(refused.status).toBe(503);
    expect(refused.text).not.toContain(tokenFile);
  });

  test('strangers with all the connections there are keep out nobody who has the token', async () => {
    const port = await serve();
    await happened('admin-tcp-listening');
    const friend = new Agent({ keepAlive: true, maxSockets: 1 });
    const asFriend = () => ask({ port, agent: friend, ...bearer(token) });
    const inUse = await asFriend();
    const strangers = await fill(port);
    expect([inUse.status, (await ask({ port, ...bearer(token) })).status]).toEqual([200, 200]);
    // The oldest of them made room; a connection with the token did not.
    expect(strangers.filter(({ destroyed }) => destroyed).length).toBeGreaterThan(0);
    const [kept] = Object.values(friend.freeSockets).flat();
    await asFriend();
    expect(Object.values(friend.freeSockets).flat()).toEqual([kept]);
    expect((await ask({ port, path: '/health/live' })).status).toBe(200);
    friend.destroy();
    for (const stranger of strangers) stranger.destroy();
  });

  test('more connections than the limit are refused only if all have shown the token', async () => {
    const port = await serve();
    await happened('admin-tcp-listening');
    const friends = new Agent({ keepAlive: true, maxFreeSockets: limit });
    const all = Array.from({ length: limit }, () => ask({ port, agent: friends, ...bearer(token) }));
    expect((await Promise.all(all)).filter(({ status }) => status === 200)).toHaveLength(limit);
    await expect(ask({ port, ...bearer(token) })).rejects.toThrow();
    friends.destroy();
    await eventually('one is free', () => ask({ port, ...bearer(token) }).then(Boolean, () => false));
  });

  test('that cannot start is reported once, retried, and delays nothing', async () => {
    rmSync(tokenFile);
    const port = await serve();
    await happened('admin-tcp-failed');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(logged).toHaveLength(1);
    await expect(ask({ port })).rejects.toThrow();
    writeFileSync(tokenFile, token, { mode: 0o600 });
    await happened('admin-tcp-listening');
    expect((await ask({ port, ...bearer(token) })).status).toBe(200);
  });
});

describeWith({ programs: ['openssl'] }, 'the admin API by TLS', () => {
  test('speaks only TLS if it has a certificate', async () => {
    const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const made = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'];
    execFileSync('openssl', ['req', ...made, ...subject, '-keyout', key, '-out', certificate], {
      stdio: 'ignore',
    });
    const port = await serve({ tls: { certificate, key } });
    await happened('admin-tcp-listening');
    const ca = readFileSync(certificate, 'utf8');
    expect(await ask({ port, path: '/x', ca, ...bearer(token) }, secureRequest)).toEqual({
      status: 200,
      text: 'did /x',
    });
    expect((await ask({ port, path: '/x', ca }, secureRequest)).status).toBe(401);
    const friend = new SecureAgent({ keepAlive: true });
    const asFriend = () => ask({ port, path: '/x', ca, agent: friend, ...bearer(token) }, secureRequest);
    await asFriend();
    const [kept] = Object.values(friend.freeSockets).flat();
    const strangers = await fill(port);
    expect((await asFriend()).status).toBe(200);
    expect((await ask({ port, path: '/x', ca, ...bearer(token) }, secureRequest)).status).toBe(200);
    expect(Object.values(friend.freeSockets).flat()).toEqual([kept]);
    friend.destroy();
    for (const stranger of strangers) stranger.destroy();
    await expect(ask({ port, path: '/x', ...bearer(token) })).rejects.toThrow();
  });
});

describe('the token', () => {
  test.each([0o644, 0o604, 0o602, 0o620, 0o666])('in a file of mode %o is refused', async (mode) => {
    chmodSync(tokenFile, mode);
    await expect(readToken(tokenFile)).rejects.toThrow(`chmod 600 ${tokenFile}`);
  });

  test.each([0o600, 0o400, 0o640])('in a file of mode %o is read', async (mode) => {
    chmodSync(tokenFile, mode);
    expect(await readToken(tokenFile)).toBe(token);
  });

  test.each([
    ['nothing', ''],
    ['a short word', 'short'],
    ['two words', `${token} ${token}`],
    ['a large file', 'x'.repeat(5000)],
  ])('that is %s is refused', async (_, text) => {
    writeFileSync(tokenFile, text);
    await expect(readToken(tokenFile)).rejects.toMatchObject({ code: 'invalid' });
  });

  test('is compared completely', () => {
    expect([isSameToken(token, token), isSameToken('', token), isSameToken(`${token}x`, token)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
