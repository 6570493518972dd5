import type { WayOut } from './way-out.ts';

/**
 * What went wrong, in seven words that a caller can act on. docs/reference/errors.md has a heading for each.
 *
 * - `invalid`: the request itself is wrong; repeating it cannot help
 * - `not-found`: no such volume or driver
 * - `conflict`: it exists already, and differs from what was asked
 * - `in-use`: refused because it is still in use
 * - `unavailable`: the storage, the disk or a helper cannot be reached now; repeating may help
 * - `timeout`: it took too long; the work may still go on, and repeating joins it
 * - `failed`: everything else
 */
export const errorCodes = [
  'invalid',
  'not-found',
  'conflict',
  'in-use',
  'unavailable',
  'timeout',
  'failed',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

export interface VolumeErrorOptions extends ErrorOptions {
  /** Default: those of the cause. */
  readonly waysOut?: readonly WayOut[];
  /** Default: that of the cause. */
  readonly outOfSpace?: boolean;
  /** Default: that of the cause. */
  readonly leastSize?: number;
}

/**
 * The one error that crosses a layer. Its message is for the user: what happened, to what, and the way out. A way out that is a
 * command is not in the message: each front door adds it in its own words (`withWaysOut`).
 */
export class VolumeError extends Error {
  override readonly name = 'VolumeError';
  readonly code: ErrorCode;
  /** Alternatives. */
  readonly waysOut: readonly WayOut[];
  /** There is no room for it there: elsewhere there may be. */
  readonly outOfSpace: boolean;
  /** The size is too small; with this one, in bytes, it would not be. */
  readonly leastSize: number | undefined;

  constructor(code: ErrorCode, message: string, options: VolumeErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.waysOut = options.waysOut ?? (options.cause instanceof VolumeError ? options.cause.waysOut : []);
    this.outOfSpace = options.outOfSpace ?? meansOutOfSpace(options.cause);
    this.leastSize =
      options.leastSize ?? (options.cause instanceof VolumeError ? options.cause.leastSize : undefined);
  }
}

function meansOutOfSpace(cause: unknown): boolean {
  if (cause instanceof VolumeError) return cause.outOfSpace;
  return cause instanceof Error && 'code' in cause && (cause.code === 'ENOSPC' || cause.code === 'EDQUOT');
}

/** Gives any thrown value a code, and keeps it as the cause; a VolumeError passes unchanged. */
export function asVolumeError(thrown: unknown, doing: string): VolumeError {
  if (thrown instanceof VolumeError) return thrown;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new VolumeError('failed', `${doing}: ${reason}`, { cause: thrown });
}
