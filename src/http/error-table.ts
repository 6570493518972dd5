import type { ErrorCode } from '../core/volume-error.ts';

const statuses: Readonly<Record<ErrorCode, number>> = {
  invalid: 400,
  'not-found': 404,
  conflict: 409,
  'in-use': 409,
  unavailable: 503,
  timeout: 504,
  failed: 500,
};

/** The HTTP status of an error: never 200, since Podman reads an error only from another status. */
export function httpStatus(code: ErrorCode): number {
  return statuses[code];
}
