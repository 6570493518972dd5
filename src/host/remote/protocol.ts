import { type ErrorCode, VolumeError } from '../../core/volume-error.ts';
import type { Amount } from '../../core/waits/progress.ts';
import { withCode } from '../system-error.ts';
import type { RemoteCall } from './calls.ts';

/** A message to a server's helper process: a call, or the abort of a call. */
export type RemoteRequest =
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly name: RemoteCall['name'];
      readonly args: readonly unknown[];
      readonly root?: string;
      /** The method takes a signal. */
      readonly canAbort: boolean;
      /** Messages of what is done so far are wanted. */
      readonly tells: boolean;
    }
  | { readonly kind: 'abort'; readonly id: number };

/** Says that the helper process can make calls. */
export const readyWord = 'ready';

/** The answer to a call, or what of it is done so far (`done`). The type of the value is that of the called method. */
export type RemoteAnswer =
  | { readonly id: number; readonly done: Amount }
  | { readonly id: number; readonly value: never }
  | { readonly id: number; readonly error: SentError };

type SentError =
  | { readonly kind: 'volume'; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: 'system'; readonly code: string; readonly message: string }
  | { readonly kind: 'other'; readonly message: string };

export function packError(thrown: unknown): SentError {
  if (thrown instanceof VolumeError) return { kind: 'volume', code: thrown.code, message: thrown.message };
  if (!(thrown instanceof Error)) return { kind: 'other', message: String(thrown) };
  const { message } = thrown;
  const hasCode = 'code' in thrown && typeof thrown.code === 'string';
  return hasCode ? { kind: 'system', code: `${thrown.code}`, message } : { kind: 'other', message };
}

/** The error that the call would have thrown in this process. */
export function unpackError(sent: SentError): Error {
  if (sent.kind === 'volume') return new VolumeError(sent.code, sent.message);
  return sent.kind === 'system' ? withCode(sent.code, sent.message) : new Error(sent.message);
}
