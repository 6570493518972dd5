import { type ErrorCode, VolumeError } from '../core/volume-error.ts';
import type { RemoteCall } from './remote-calls.ts';
import { withCode } from './system-error.ts';

/** What goes to the helper process of a server: a call, or the word that its signal was aborted. */
export type RemoteRequest =
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly name: RemoteCall['name'];
      readonly args: readonly unknown[];
      /** The method takes a signal. */
      readonly canAbort: boolean;
    }
  | { readonly kind: 'abort'; readonly id: number };

/** What comes back. The value is of the type that the method of the call has, whichever that is. */
export type RemoteAnswer =
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

/** An error as the call itself would have thrown it here. */
export function unpackError(sent: SentError): Error {
  if (sent.kind === 'volume') return new VolumeError(sent.code, sent.message);
  return sent.kind === 'system' ? withCode(sent.code, sent.message) : new Error(sent.message);
}
