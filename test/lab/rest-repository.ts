import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A server of restic's REST protocol, version 1, that keeps a repository in memory, and answers only with its user and password. See
 * https://restic.readthedocs.io/en/stable/100_references.html#rest-backend.
 */
export interface RestRepository {
  readonly url: string;
  readonly password: string;
  /** From then on, nobody answers. */
  close(): Promise<void>;
}

export async function startRestRepository(): Promise<RestRepository> {
  const password = 'rest-server-secret';
  const wanted = `Basic ${Buffer.from(`me:${password}`).toString('base64')}`;
  const files = new Map<string, Buffer>();
  const server = createServer(async (request, response) => {
    const answer = (status: number, body: Buffer | string = '') => response.writeHead(status).end(body);
    if (request.headers.authorization !== wanted) return answer(401);
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const found = files.get(pathname);
    if (request.method === 'POST') {
      if (!pathname.endsWith('/')) files.set(pathname, Buffer.concat(chunks));
      return answer(200);
    }
    if (pathname.endsWith('/')) {
      const names = [...files.keys()].filter((name) => name.startsWith(pathname));
      return answer(200, JSON.stringify(names.map((name) => name.slice(pathname.length))));
    }
    if (found === undefined) return answer(404);
    if (request.method === 'DELETE') {
      files.delete(pathname);
      return answer(200);
    }
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const part = from === undefined ? found : found.subarray(Number(from), to ? Number(to) + 1 : undefined);
    response.writeHead(from === undefined ? 200 : 206, { 'Content-Length': part.length });
    return response.end(request.method === 'GET' ? part : '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `rest:http://me:${password}@127.0.0.1:${port}/`,
    password,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
