import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { field, textField } from '../core/json.ts';
import { errorCodes, VolumeError } from '../core/volume-error.ts';

/** The daemon, asked over its admin socket. */
export interface AdminClient {
  /** The body of the answer. Rejects with the daemon's error, or with `unavailable` when nobody answers. */
  ask(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<object>;
  /** Whether somebody listens. */
  isAnswered(): Promise<boolean>;
}

/** Milliseconds; longer than the daemon takes for the slowest call. */
const patience = 120_000;

export function createAdminClient(socketPath: string, deadline: number = patience): AdminClient {
  return {
    ask: (method, path, body) =>
      new Promise((resolve, reject) => {
        const signal = AbortSignal.timeout(deadline);
        const refuse = (error: NodeJS.ErrnoException): void =>
          reject(signal.aborted ? tooSlow(deadline) : connectionError(error, socketPath));
        const asked = request({ socketPath, method, path, agent: false, signal }, (response) => {
          readAnswer(response, socketPath).then(resolve, reject);
          response.on('error', refuse);
        });
        asked.on('error', refuse);
        asked.end(body && JSON.stringify(body));
      }),
    isAnswered: () =>
      new Promise((resolve, reject) => {
        const socket = connect(socketPath, () => {
          socket.destroy();
          resolve(true);
        });
        socket.on('error', (error: NodeJS.ErrnoException) => {
          if (isNobody(error)) resolve(false);
          else reject(connectionError(error, socketPath));
        });
      }),
  };
}

async function readAnswer(response: IncomingMessage, socketPath: string): Promise<object> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(Buffer.from(chunk));
  const body = parsed(Buffer.concat(chunks).toString());
  const status = response.statusCode ?? 0;
  if (body !== undefined && status >= 200 && status < 300) return body;
  const error = field(body, 'error');
  const message = textField(error, 'message');
  if (message === '') throw new VolumeError('failed', `What answers on ${socketPath} is not Holdfast.`);
  const code = errorCodes.find((known) => known === textField(error, 'code')) ?? 'failed';
  throw new VolumeError(code, message);
}

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function isNobody({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR' || code === 'ENOTSOCK';
}

function connectionError(cause: NodeJS.ErrnoException, socketPath: string): VolumeError {
  if (isNobody(cause)) {
    const message = `No daemon answers on ${socketPath}: start it with \`holdfast serve\`, or name its socket with --socket.`;
    return new VolumeError('unavailable', message, { cause });
  }
  if (cause.code === 'EACCES' || cause.code === 'EPERM') {
    const message = `This user may not ask the daemon on ${socketPath}: run the command as root, such as with sudo.`;
    return new VolumeError('failed', message, { cause });
  }
  return new VolumeError('unavailable', `The daemon on ${socketPath} went away: ${cause.message}.`, {
    cause,
  });
}

function tooSlow(deadline: number): VolumeError {
  const message = `The daemon has not answered within ${deadline / 1000} s. It may still be at work: the same command joins it.`;
  return new VolumeError('timeout', message);
}
