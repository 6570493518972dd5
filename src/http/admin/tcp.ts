import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Log } from '../../core/log.ts';
import { asVolumeError } from '../../core/volume-error.ts';
import { closeServer } from '../sockets.ts';
import { createGate } from './gate.ts';
import { limitConnections } from './limited-connections.ts';
import { pagePaths } from './page.ts';
import { calls } from './protocol.ts';
import { readToken } from './token.ts';

export interface TcpPlace {
  /** An IP address. */
  readonly host: string;
  readonly port: number;
  readonly tokenFile: string;
  /** Files in PEM, which are read at the start. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Whether metrics need no token. */
  readonly openMetrics: boolean;
  /** Whether the page is served, whose files need no token: it asks for one. */
  readonly page: boolean;
}

export interface TcpApp {
  readonly whole: RequestListener;
  /** Answers `/health/ready` without a token. */
  readonly briefReady: RequestListener;
}

export interface TcpParts {
  readonly log: Log;
  attach(server: Server): void;
  /** Milliseconds until a failed start is tried again. */
  readonly pause?: number;
}

/** Far more than monitoring and a few operators need. */
const mostConnections = 64;

/**
 * Serves the admin API by TCP. Nothing else depends on it: a failed start is logged, and tried again until `close`,
 * because the host may get its address after the daemon's start.
 */
export function serveTcp(app: TcpApp, place: TcpPlace, parts: TcpParts): { close(): Promise<void> } {
  const { log, pause = 10_000 } = parts;
  const address = place.host.includes(':') ? `[${place.host}]:${place.port}` : `${place.host}:${place.port}`;
  let server: Server | undefined;
  let timer: NodeJS.Timeout | undefined;
  let reason = '';
  let starting = start();

  async function start(): Promise<void> {
    try {
      server = await listen(app, place, parts);
      log.write('info', 'admin-tcp-listening', { address, encrypted: place.tls !== undefined });
    } catch (thrown) {
      const error = asVolumeError(thrown, `The admin API cannot be served on ${address}`);
      if (error.message !== reason) log.write('error', 'admin-tcp-failed', { address, error });
      reason = error.message;
      timer = setTimeout(() => {
        starting = start();
      }, pause);
    }
  }

  return {
    async close() {
      clearTimeout(timer);
      await starting;
      clearTimeout(timer);
      if (server !== undefined) await closeServer(server);
    },
  };
}

async function listen(app: TcpApp, place: TcpPlace, { log, attach }: TcpParts): Promise<Server> {
  const { host, port, tokenFile, tls, openMetrics, page } = place;
  // The log must have the reason before the first request.
  await readToken(tokenFile);
  // Monitoring and load balancers can ask these without the token.
  const open = new Map<string, RequestListener>([
    [calls.live.path, app.whole],
    [calls.ready.path, app.briefReady],
    ...(openMetrics ? [[calls.metrics.path, app.whole] as const] : []),
    ...(page ? pagePaths : []).map((path) => [path, app.whole] as const),
  ]);
  const server = tls === undefined ? createServer() : createSecureServer(await pems(tls));
  const { trust } = limitConnections(server, mostConnections);
  server.on('request', createGate(app.whole, { tokenFile, open, trust, log }));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', (error) => log.write('error', 'admin-tcp-failed', { error }));
  attach(server);
  return server;
}

async function pems({ certificate, key }: NonNullable<TcpPlace['tls']>) {
  return { cert: await readFile(certificate), key: await readFile(key) };
}
