import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, Server, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

/** Lets processes in another network namespace reach a server on 127.0.0.1 here. */
export interface Relay {
  /** Also cuts open connections. */
  close(): Promise<void>;
}

export interface RelayPlace {
  /** A process in that namespace. */
  readonly pid: number;
  /** The address on which it listens in the namespace. */
  readonly address: string;
  readonly port: number;
}

const script = fileURLToPath(new URL('listen.mjs', import.meta.url));

export async function openRelay(place: RelayPlace, url: string): Promise<Relay> {
  const server = await listenThere(place);
  const sockets = new Set<Socket>();
  const target = Number(new URL(url).port);
  server.on('connection', (near: Socket) => {
    const far = connect(target, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      // If one ends, the other ends too; an error is followed by this event.
      one.once('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.on('error', () => undefined);
      one.pipe(other);
    }
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function listenThere({ pid, address, port }: RelayPlace): Promise<Server> {
  const child = fork(script, [address, String(port)], {
    execPath: 'nsenter',
    execArgv: [`--target=${pid}`, '--net', '--', process.execPath],
  });
  const signal = AbortSignal.timeout(100_000);
  const [[, handle]] = await Promise.all([
    once(child, 'message', { signal }),
    once(child, 'exit', { signal }),
  ]);
  if (handle instanceof Server) return handle;
  throw new Error(`Nobody listens at ${address}:${port} in the namespace of process ${pid}.`);
}
