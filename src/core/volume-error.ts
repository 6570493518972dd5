/**
 * What went wrong, in the seven words a caller can act on. docs/reference/errors.md has a heading for each.
 *
 * - `invalid`: the request itself is wrong; repeating it cannot help
 * - `not-found`: no such volume or driver
 * - `conflict`: it exists already, and differs from what was asked
 * - `in-use`: refused because somebody still uses it
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

/** The one error that crosses a layer. Its message is a sentence for the user: what happened, to what, and the way out. */
export class VolumeError extends Error {
  override readonly name = 'VolumeError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Gives any thrown value a code, and keeps it as the cause; a VolumeError passes unchanged. */
export function asVolumeError(thrown: unknown, doing: string): VolumeError {
  if (thrown instanceof VolumeError) return thrown;
  const reason = isErrorLike(thrown) ? thrown.message : String(thrown);
  return new VolumeError('failed', `${doing}: ${reason}`, { cause: thrown });
}

/** By its shape: an error of another realm, as under a test runner, is no instance of our Error. */
function isErrorLike(thrown: unknown): thrown is { readonly message: string } {
  return (
    typeof thrown === 'object' && thrown !== null && 'message' in thrown && typeof thrown.message === 'string'
  );
}
