import { status } from '@grpc/grpc-js';
import type { ErrorCode, VolumeError } from '../core/volume-error.ts';

const statuses: Readonly<Record<ErrorCode, status>> = {
  invalid: status.INVALID_ARGUMENT,
  'not-found': status.NOT_FOUND,
  conflict: status.ALREADY_EXISTS,
  'in-use': status.FAILED_PRECONDITION,
  unavailable: status.UNAVAILABLE,
  timeout: status.DEADLINE_EXCEEDED,
  failed: status.INTERNAL,
};

/**
 * The gRPC status of an error, from the error tables of the specification. For UNAVAILABLE, the provisioner of Kubernetes would ask
 * the same full node or zone again and again: work may still be under way there.
 */
export function grpcStatus({ code, outOfSpace }: VolumeError): status {
  return outOfSpace ? status.RESOURCE_EXHAUSTED : statuses[code];
}
