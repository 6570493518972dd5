import type { IncomingMessage } from 'node:http';
import { VolumeError } from '../core/volume-error.ts';

/** Far more than any client sends: names and options are limited to less. */
const largestBody = 4 * 1024 * 1024;

/**
 * The body as a string, with any Content-Type. Rejects with `invalid` if it is too large. Never settles if the caller hangs up in
 * the middle, since nobody waits for the answer.
 */
export function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= largestBody) chunks.push(chunk);
    });
    request.on('end', () => {
      if (size > largestBody)
        reject(new VolumeError('invalid', `The request has ${size} bytes: at most ${largestBody} are read.`));
      else resolve(chunks.length === 1 ? String(chunks[0]) : Buffer.concat(chunks).toString());
    });
  });
}
