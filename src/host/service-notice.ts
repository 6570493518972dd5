import { execFile } from 'node:child_process';
import { standardSearchPath } from './run-command.ts';
import { loadSystemCalls } from './system-calls.ts';
import { hasCode } from './system-error.ts';

/** Tells the service manager something, such as `READY=1` (sd_notify(3)). Never throws and is never waited for. */
export type TellManager = (...assignments: readonly string[]) => void;

interface NoticeParts {
  /** The manager's NOTIFY_SOCKET; without one, nothing is sent. */
  readonly socket: string | undefined;
  readonly systemCalls: 'auto' | 'spawned';
  /** The manager could not be notified. */
  failed(error: unknown): void;
}

/** Milliseconds: systemd-notify only sends. */
const programPatience = 10_000;
/** Milliseconds, and how often: a manager that is busy, as at boot, has a full queue. */
const retryPause = 200;
const retries = 50;

/** Node has no datagram Unix sockets: koffi sends, or `systemd-notify`, which root may call in its parent's name. */
export async function createServiceNotice(parts: NoticeParts): Promise<TellManager> {
  const { socket, systemCalls, failed } = parts;
  // A path or an abstract name; anything else, such as vsock, is not a Unix socket.
  if (socket === undefined || !/^[/@]./.test(socket)) return () => undefined;
  const calls = systemCalls === 'auto' ? await loadSystemCalls() : undefined;
  if (calls === undefined) return (...assignments) => tellByProgram(socket, assignments, failed);
  const send = (text: string): void => calls.sendDatagram(socket, text);
  return (...assignments) => sendOrRetry(send, assignments.join('\n'), failed, retries);
}

function sendOrRetry(
  send: (text: string) => void,
  text: string,
  failed: NoticeParts['failed'],
  left: number,
): void {
  try {
    send(text);
  } catch (error) {
    if (left === 0 || !hasCode(error, 'EAGAIN')) failed(error);
    else setTimeout(() => sendOrRetry(send, text, failed, left - 1), retryPause).unref();
  }
}

function tellByProgram(socket: string, assignments: readonly string[], failed: NoticeParts['failed']): void {
  const env = { PATH: standardSearchPath, LC_ALL: 'C', NOTIFY_SOCKET: socket };
  execFile('systemd-notify', ['--no-block', ...assignments], { env, timeout: programPatience }, (error) => {
    if (error !== null) failed(error);
  });
}
