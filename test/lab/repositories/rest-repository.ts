import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { freePort } from '../network/free-port.ts';
import type { RepositoryServer } from './server.ts';

/**
 * A server of restic's REST protocol, version 1, that keeps a repository in memory, and answers only with its user and password. See
 * https://restic.readthedocs.io/en/stable/100_references.html#rest-backend.
 */
export async function startRestRepository(): Promise<
  RepositoryServer & {
    /** It keeps connections and takes new ones, but answers nothing, until it is killed. */
    hang(): void;
  }
> {
  const password = 'rest-server-secret';
  const wanted = `Basic ${Buffer.from(`me:${password}`).toString('base64')}`;
  const files = new Map<string, Buffer>();
  const port = await freePort();
  let server: Server | undefined;
  let hangs = false;
  const start = async (): Promise<void> => {
    hangs = false;
    server = createServer((request, response) => {
      if (hangs) return;
      if (request.headers.authorization !== wanted) response.writeHead(401).end();
      else answer(files, request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server?.listen(port, '127.0.0.1', resolve));
  };
  const kill = async (): Promise<void> => {
    server?.closeAllConnections();
    await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
    server = undefined;
  };
  await start();
  return {
    url: `rest:http://me:${password}@127.0.0.1:${port}/`,
    environment: {},
    secrets: [password],
    stored: () => [...files.values()].reduce((sum, { length }) => sum + length, 0),
    kill,
    start,
    hang() {
      hangs = true;
    },
    remove: kill,
  };
}

async function answer(
  files: Map<string, Buffer>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const end = (status: number, body: Buffer | string = '') => void response.writeHead(status).end(body);
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const found = files.get(pathname);
  if (request.method === 'POST') {
    if (!pathname.endsWith('/')) files.set(pathname, Buffer.concat(chunks));
    return end(200);
  }
  if (pathname.endsWith('/')) {
    const names = [...files.keys()].filter((name) => name.startsWith(pathname));
    return end(200, JSON.stringify(names.map((name) => name.slice(pathname.length))));
  }
  if (found === undefined) return end(404);
  if (request.method === 'DELETE') {
    files.delete(pathname);
    return end(200);
  }
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const part = from === undefined ? found : found.subarray(Number(from), to ? Number(to) + 1 : undefined);
  response.writeHead(from === undefined ? 200 : 206, { 'Content-Length': part.length });
  response.end(request.method === 'GET' ? part : '');
}
