import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { field, textField } from '../core/json.ts';
import { shown } from '../core/shown.ts';
import { errorCodes, VolumeError } from '../core/volume-error.ts';
import type { Down } from './why-down.ts';

/** A client of the daemon's admin socket. */
export interface AdminClient {
  /** Resolves with the body of the response. Rejects with the daemon's error, or with `unavailable` when nothing answers. */
  ask(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<object>;
  /** The same for a GET that is answered in plain text, such as the metrics. */
  read(path: string): Promise<string>;
  /** Whether a process listens on the socket. */
  isAnswered(): Promise<boolean>;
}

/** Milliseconds; longer than the daemon takes for the slowest call. */
const patience = 120_000;

/** `whyDown`: asked when nobody answers, for the error. */
export function createAdminClient(
  socketPath: string,
  deadline: number = patience,
  whyDown: () => Promise<Down> = async () => ({}),
): AdminClient {
  const send = (method: string, path: string, body?: object) =>
    new Promise<Answer>((resolve, reject) => {
      const signal = AbortSignal.timeout(deadline);
      const refuse = async (error: NodeJS.ErrnoException): Promise<void> => {
        if (signal.aborted) reject(tooSlow(deadline));
        else reject(connectionError(error, socketPath, isNobody(error) ? await whyDown() : {}));
      };
      const asked = request({ socketPath, method, path, agent: false, signal }, (response) => {
        readAnswer(response).then(resolve, refuse);
        response.on('error', refuse);
      });
      asked.on('error', refuse);
      asked.end(body && JSON.stringify(body));
    });
  return {
    ask: async (method, path, body) => {
      const answer = await send(method, path, body);
      const value = parsed(answer.text);
      if (answer.isGood && value !== undefined) return value;
      throw refusal(value, socketPath, method);
    },
    read: async (path) => {
      const { isGood, text } = await send('GET', path);
      if (isGood) return text;
      throw refusal(parsed(text), socketPath, 'GET');
    },
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

interface Answer {
  readonly isGood: boolean;
  readonly text: string;
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(Buffer.from(chunk));
  const status = response.statusCode ?? 0;
  return { isGood: status >= 200 && status < 300, text: Buffer.concat(chunks).toString() };
}

function refusal(body: object | undefined, socketPath: string, method: string): VolumeError {
  const error = field(body, 'error');
  const message = textField(error, 'message');
  if (message === '') return notHoldfast(socketPath);
  // A daemon answers so for a call that it does not have.
  if (message.startsWith(`There is no ${method} /`)) return otherVersion(socketPath);
  const code = errorCodes.find((known) => known === textField(error, 'code')) ?? 'failed';
  return new VolumeError(code, shown(message));
}

function notHoldfast(socketPath: string, cause?: Error): VolumeError {
  return new VolumeError('failed', `The process on ${socketPath} is not Holdfast.`, { cause });
}

function otherVersion(socketPath: string): VolumeError {
  const message = `The daemon on ${socketPath} does not know this command: its version is another one (\`holdfast doctor\` tells both). Restart the daemon after an upgrade. Containers keep their volumes.`;
  return new VolumeError('failed', message);
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

function connectionError(
  cause: NodeJS.ErrnoException,
  socketPath: string,
  { start = 'holdfast serve', lastError }: Down = {},
): VolumeError {
  if (isNobody(cause)) {
    const last = lastError === undefined ? '' : ` Its last error in the journal: ${shown(lastError)}`;
    const message = `No daemon answers on ${socketPath}: start it with \`${start}\`, or name its socket with --socket.${last}`;
    return new VolumeError('unavailable', message, { cause });
  }
  if (cause.code?.startsWith('HPE_')) return notHoldfast(socketPath, cause);
  if (cause.code === 'EACCES' || cause.code === 'EPERM') {
    const message = `This user has no permission to use ${socketPath}: run the command as root, for example with sudo.`;
    return new VolumeError('failed', message, { cause });
  }
  return new VolumeError(
    'unavailable',
    `The connection to the daemon on ${socketPath} was lost: ${cause.message}.`,
    {
      cause,
    },
  );
}

function tooSlow(deadline: number): VolumeError {
  const message = `The daemon has not answered within ${deadline / 1000} s. It may still be working: run the same command again to wait for the result.`;
  return new VolumeError('timeout', message);
}
