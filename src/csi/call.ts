import { type handleUnaryCall, Metadata, type status } from '@grpc/grpc-js';
import { csiNameOf } from '../core/csi-name.ts';
import type { Log } from '../core/log.ts';
import { operatorWords } from '../core/operator-words.ts';
import { shown } from '../core/shown.ts';
import { asVolumeError, type VolumeError } from '../core/volume-error.ts';
import { type WayOutWords, withWaysOut } from '../core/way-out.ts';
import { grpcStatus } from './error-table.ts';

/** Advice for the user of an orchestrator. If no RPC does it, the advice names `holdfast` on the host. */
const words: WayOutWords = {
  ...operatorWords,
  create: ({ volume }) => `create volume ${asNamedThere(volume)} by your orchestrator`,
};

/** A name that is escaped here would be escaped again. */
function asNamedThere(volume: string): string {
  const name = csiNameOf(volume);
  return name === volume ? name : JSON.stringify(name);
}

/** An error of this protocol alone: its gRPC code has no code of VolumeError. */
export class CsiError extends Error {
  override readonly name = 'CsiError';
  readonly code: status;

  constructor(code: status, message: string) {
    super(message);
    this.code = code;
  }
}

/** Calls that change nothing, which are logged at debug. */
const reading = /^(Get|Probe|List|Validate|ControllerGet|NodeGet)/;

export interface CallParts {
  readonly driver: string;
  readonly log: Log;
}

/**
 * Answers one RPC. The work is independent of the call: if the caller's deadline passes, the work continues, and a repeated call
 * joins it.
 */
export function answering<Request, Answer>(
  { driver, log }: CallParts,
  method: string,
  answer: (request: Request) => Promise<Answer> | Answer,
): handleUnaryCall<Request, Answer> {
  function record(started: number, error?: VolumeError | CsiError): void {
    const level = reading.test(method) ? 'debug' : error ? 'warn' : 'info';
    if (!log.enabled(level)) return;
    const ms = Math.round((performance.now() - started) * 1000) / 1000;
    const outcome = error === undefined ? 'ok' : String(error.code);
    log.write(level, 'call', { method: `csi.${method}`, driver, ms, outcome, ...(error ? { error } : {}) });
  }

  return async ({ request }, callback) => {
    const started = performance.now();
    try {
      callback(null, await answer(request));
      record(started);
    } catch (thrown) {
      const error = thrown instanceof CsiError ? thrown : asVolumeError(thrown, `${method} failed`);
      const code = error instanceof CsiError ? error.code : grpcStatus(error);
      callback({ code, details: shown(withWaysOut(error, words)), metadata: new Metadata() });
      record(started, error);
    }
  };
}
