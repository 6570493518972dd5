import { field, textField } from '../core/json.ts';
import { quote } from '../core/names.ts';
import { VolumeError } from '../core/volume-error.ts';
import { type Connection, openConnection } from './connection.ts';
import { findPlugin } from './find-plugin.ts';
import type { Places, Plugin } from './plugin.ts';

type Method = 'Get' | 'List' | 'Path' | 'Create' | 'Mount' | 'Unmount' | 'Remove';

/** What a plugin said to a call. */
export interface Reply {
  readonly status: number;
  readonly answer: unknown;
  /** Empty: done. */
  readonly error: string;
}

export interface DriverClient {
  /** Rejects with a VolumeError if nobody answers in time, or if what answers is not a plugin. */
  call(method: Method, fields: object): Promise<Reply>;
  /** A path that the plugin named, as a path of this host. */
  hostPath(path: string): string;
  close(): void;
}

/** Milliseconds. */
export interface Patience {
  /** For everything: Mesos kills `dvdcli mount` after 120 s. */
  readonly all: number;
  /** For quick calls. Docker's own deadline. */
  readonly quick: number;
  /** For a daemon that is starting. The classic dvdcli's own deadline. */
  readonly absent: number;
  /** Between two attempts to reach it. */
  readonly again: number;
}

export const usualPatience: Patience = { all: 115_000, quick: 60_000, absent: 15_000, again: 100 };

const slow: readonly Method[] = ['Create', 'Mount'];

/** Talks to one driver, wherever its plugin is found, over one connection as long as that lasts. */
export function createDriverClient(driver: string, places: Places, patience: Patience): DriverClient {
  const began = performance.now();
  let plugin: Plugin | undefined;
  let connection: Connection | undefined;

  const left = (): number => patience.all - (performance.now() - began);

  async function attempt(method: Method, body: string, milliseconds: number) {
    if (connection?.usable() !== true) {
      plugin = await findPlugin(driver, places);
      if (plugin === undefined) return { kind: 'away', code: 'ENOENT' } as const;
      connection = await openConnection(plugin.address);
    }
    return connection.ask(`VolumeDriver.${method}`, body, milliseconds);
  }

  async function call(method: Method, fields: object): Promise<Reply> {
    const body = JSON.stringify(fields);
    const within = Math.min(left(), slow.includes(method) ? patience.all : patience.quick);
    const deadline = performance.now() + within;
    let awaySince: number | undefined;
    for (;;) {
      const outcome = await attempt(method, body, deadline - performance.now()).catch((error: unknown) => {
        throw explained(error, driver, method, plugin);
      });
      if (outcome.kind === 'answered') return replyOf(outcome.answer, driver, method, plugin);
      if (outcome.kind === 'late') throw tooLate(driver, method, within);
      const now = performance.now();
      awaySince ??= now;
      if (now + patience.again >= Math.min(awaySince + patience.absent, deadline)) {
        const { nobodyAnswers } = await import('./nobody-answers.ts');
        throw nobodyAnswers({ driver, places, plugin, code: outcome.code, waited: now - awaySince });
      }
      await new Promise((resolve) => setTimeout(resolve, patience.again));
    }
  }

  return {
    call,
    hostPath: (path) => plugin?.hostPath(path) ?? path,
    close: () => connection?.close(),
  };
}

/** Like Docker, reads `Err` of any answer, and takes the body of a failure without `Err`. */
async function replyOf(
  { status, body }: { readonly status: number; readonly body: string },
  driver: string,
  method: Method,
  plugin: Plugin | undefined,
): Promise<Reply> {
  const answer = parsed(body);
  const error = await errorOf(answer);
  if (status === 200 && typeof answer === 'object' && answer !== null) return { status, answer, error };
  if (status === 200)
    throw noPlugin(driver, method, plugin, `something that is not a JSON object: ${quote(body)}`);
  const said = body.trim() === '' ? 'nothing' : quote(body.trim());
  return {
    status,
    answer,
    error: error || `${plugin?.where} answered ${method} with HTTP ${status} and ${said}.`,
  };
}

async function errorOf(answer: unknown): Promise<string> {
  const error = textField(answer, 'Err');
  if (error === '' || field(answer, 'Problem') === undefined) return error;
  const { problemHere } = await import('./way-out.ts');
  return problemHere(answer) ?? error;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function noPlugin(driver: string, method: Method, plugin: Plugin | undefined, what: string): VolumeError {
  const message = `Driver ${driver}: ${plugin?.where} is not a volume plugin: it answered ${method} with ${what}.`;
  return new VolumeError('failed', message);
}

function explained(error: unknown, driver: string, method: Method, plugin: Plugin | undefined): unknown {
  if (error instanceof VolumeError) {
    return error.code === 'failed' ? noPlugin(driver, method, plugin, error.message) : error;
  }
  const code = textField(error, 'code');
  const where = plugin?.where ?? 'its socket';
  if (code === 'EACCES' || code === 'EPERM') {
    const message = `Driver ${driver}: this user may not use ${where}: run dvdcli as root, as the Mesos agent does.`;
    return new VolumeError('failed', message, { cause: error });
  }
  const why = textField(error, 'message') || String(field(error, 'code'));
  return new VolumeError('unavailable', `Driver ${driver}: ${where} cannot be reached: ${why}.`, {
    cause: error,
  });
}

function tooLate(driver: string, method: Method, milliseconds: number): VolumeError {
  const goesOn = slow.includes(method) ? ' The work may continue: the same command again joins it.' : '';
  const message = `Driver ${driver} has not answered ${method} within ${Math.round(milliseconds / 1000)} s.${goesOn}`;
  return new VolumeError('timeout', message);
}
