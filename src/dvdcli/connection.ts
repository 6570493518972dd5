import { connect, type Socket } from 'node:net';
import { type HttpAnswer, readHttpAnswer } from './http-answer.ts';
import type { Address } from './plugin.ts';

/**
 * `away`: nobody is there, or the peer left without an answer. It can be asked again when it is back: every call may be
 * repeated.
 */
type Outcome =
  | { readonly kind: 'answered'; readonly answer: HttpAnswer }
  | { readonly kind: 'away'; readonly code: string }
  | { readonly kind: 'late' };

export interface Connection {
  /** One call at a time. Rejects with `failed` for an answer that is not HTTP, and for a socket that this user may not use. */
  ask(path: string, body: string, milliseconds: number): Promise<Outcome>;
  /** False once every further call would fail. */
  usable(): boolean;
  close(): void;
}

/** Errors of connect(2): the daemon is starting, or has no room for one more that waits. */
const nobodyYet: readonly string[] = ['ENOENT', 'ECONNREFUSED', 'EAGAIN', 'ECONNRESET', 'EPIPE'];

/**
 * A connection to a plugin, kept for further calls. It stays open until the answer was read, and is closed with this process:
 * so a plugin knows whether its answer arrived.
 */
export async function openConnection(address: Address): Promise<Connection> {
  const socket = await dial(address);
  let gone = false;
  socket.on('close', () => {
    gone = true;
  });
  return {
    usable: () => !gone,
    close: () => void socket.destroy(),
    async ask(path, body, milliseconds) {
      const outcome = await exchange(socket, requestText(path, body), milliseconds);
      if (outcome.kind !== 'answered' || !outcome.answer.reusable) {
        gone = true;
        socket.destroy();
      }
      return outcome;
    },
  };
}

async function dial(address: Address): Promise<Socket> {
  if (address.kind === 'unix') return connect(address.path);
  if (address.kind === 'tcp') return connect(address.port, address.host);
  const { dialTls } = await import('./dial-tls.ts');
  return dialTls(address);
}

/** What Docker's own client sends: no Content-Type. */
function requestText(path: string, body: string): string {
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  const accept = 'Accept: application/vnd.docker.plugins.v1.2+json';
  return `POST /${path} HTTP/1.1\r\nHost: dvdcli\r\n${accept}\r\n${length}\r\n\r\n${body}`;
}

function exchange(socket: Socket, request: string, milliseconds: number): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0);
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      for (const [event, listener] of Object.entries(listeners)) socket.off(event, listener);
      socket.on('error', () => undefined);
      settle();
    };
    const read = (ended: boolean): void => {
      try {
        const answer = readHttpAnswer(bytes, ended);
        if (answer) finish(() => resolve({ kind: 'answered', answer }));
      } catch (error) {
        finish(() => reject(error));
      }
    };
    const left = (code: string): void => {
      if (bytes.length > 0) read(true);
      else finish(() => resolve({ kind: 'away', code }));
    };
    const listeners = {
      data(chunk: Buffer) {
        bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
        read(false);
      },
      error(error: NodeJS.ErrnoException) {
        if (nobodyYet.includes(error.code ?? '')) left(error.code ?? '');
        else finish(() => reject(error));
      },
      close: () => left('closed'),
    };
    const timer = setTimeout(() => finish(() => resolve({ kind: 'late' })), milliseconds);
    for (const [event, listener] of Object.entries(listeners)) socket.on(event, listener);
    socket.write(request);
  });
}
