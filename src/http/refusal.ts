import { createServer, type Server } from 'node:http';
import { httpStatus } from './error-table.ts';

/**
 * Answers every call with the reason, Activate too. For a socket that the service manager keeps open while its driver
 * could not be started: an engine has no deadline for Activate, and would wait there for ever.
 */
export function createRefusal(message: string): Server {
  return createServer((request, response) => {
    request.resume();
    response.writeHead(httpStatus('unavailable'), { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ Err: message }));
  });
}
