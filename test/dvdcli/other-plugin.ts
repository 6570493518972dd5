import { mkdirSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createRawServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';

/** A plugin's answers. An object is sent as JSON, with status 200 unless another one is given. */
export type Answers = (method: string, asked: Readonly<Record<string, unknown>>) => object | Failed;

interface Failed {
  readonly status: number;
  readonly body: object | string;
}

export interface OtherPlugin {
  readonly server: Server;
  /** The called methods, oldest first. */
  readonly calls: string[];
  close(): Promise<void>;
}

/** A handler that speaks the plugin protocol like a third party's plugin. */
export function pluginHandler(answers: Answers, calls: string[]): RequestListener {
  return async (request, response) => {
    const method = (request.url ?? '').replace('/VolumeDriver.', '');
    calls.push(method);
    const answer = answers(method, JSON.parse(await text(request)));
    const failed = 'status' in answer && 'body' in answer ? answer : undefined;
    const body = failed === undefined ? answer : failed.body;
    response.writeHead(Number(failed?.status ?? 200));
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

export async function openOtherPlugin(path: string, answers: Answers): Promise<OtherPlugin> {
  const calls: string[] = [];
  const server = createServer(pluginHandler(answers, calls));
  return { server, calls, close: await listening(server, path) };
}

/** Listens on the path and passes each connection to `take`. */
export async function openSocket(path: string, take: (socket: Socket) => void): Promise<() => Promise<void>> {
  return listening(
    createRawServer((socket) => {
      socket.on('error', () => undefined);
      take(socket);
    }),
    path,
  );
}

/** Listens on a Unix socket, or without a path on a free port of 127.0.0.1. Returns a function that closes it. */
export async function listening(server: Server, path?: string): Promise<() => Promise<void>> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => open.add(socket));
  if (path !== undefined) mkdirSync(dirname(path), { recursive: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    if (path === undefined) server.listen(0, '127.0.0.1', resolve);
    else server.listen(path, resolve);
  });
  return async () => {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
}
