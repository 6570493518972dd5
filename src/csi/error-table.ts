import { status } from '@grpc/grpc-js';
import type { ErrorCode } from '../core/volume-error.ts';

const statuses: Readonly<Record<ErrorCode, status>> = {
  invalid: status.INVALID_ARGUMENT,
  'not-found': status.NOT_FOUND,
  conflict: status.ALREADY_EXISTS,
  'in-use': status.FAILED_PRECONDITION,
  unavailable: status.UNAVAILABLE,
  timeout: status.DEADLINE_EXCEEDED,
  failed: status.INTERNAL,
};

/** The gRPC status of an error, from the error tables of the specification. */
export function grpcStatus(code: ErrorCode): status {
  return statuses[code];
}
