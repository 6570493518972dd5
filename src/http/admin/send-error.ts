import type { ServerResponse } from 'node:http';
import type { VolumeError } from '../../core/volume-error.ts';
import { errorAnswer } from './answers.ts';

/** Answers a request that no application takes, as the application would. */
export function sendError(response: ServerResponse, status: 401 | 500 | 503, error: VolumeError): void {
  const text = JSON.stringify({ error: errorAnswer(error) });
  const challenge = status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {};
  response.writeHead(status, {
    ...challenge,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    Connection: 'close',
  });
  response.end(text);
}
