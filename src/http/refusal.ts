import type { RequestListener } from 'node:http';
import type { VolumeError } from '../core/volume-error.ts';
import { httpStatus } from './error-table.ts';
import { errorAnswer } from './plugin/protocol.ts';

/**
 * Answers every call with the reason, even Activate. For the socket of a driver that is not open: an engine has no deadline for
 * Activate, and would wait forever; for a missing socket it waits 15 s at each call.
 */
export function createRefusal(reason: () => VolumeError): RequestListener {
  return (request, response) => {
    request.resume();
    const error = reason();
    response.writeHead(httpStatus(error.code), { 'Content-Type': 'application/json' });
    response.end(errorAnswer(error));
  };
}
