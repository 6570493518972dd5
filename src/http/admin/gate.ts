import type { IncomingMessage, RequestListener } from 'node:http';
import type { Log } from '../../core/log.ts';
import { asVolumeError, VolumeError } from '../../core/volume-error.ts';
import { sendError } from './send-error.ts';
import { isSameToken, readToken } from './token.ts';

export interface GateParts {
  /** Read for each request, so that a new token is valid at once. */
  readonly tokenFile: string;
  /** Paths that anybody may GET or HEAD, and what answers callers without the token. */
  readonly open: ReadonlyMap<string, RequestListener>;
  /** Called for a request with the token. */
  trust(connection: IncomingMessage['socket']): void;
  readonly log: Log;
}

/** Milliseconds between two lines of the log about refused callers. */
const pace = 60_000;

/** Passes on requests with the token, and answers the others with 401 before anything of them is read. */
export function createGate(
  inner: RequestListener,
  { tokenFile, open, trust, log }: GateParts,
): RequestListener {
  let told = Number.NEGATIVE_INFINITY;
  let refusals = 0;

  function record(request: IncomingMessage, error: VolumeError): void {
    refusals += 1;
    if (performance.now() - told < pace) return;
    log.write('warn', 'admin-refused', { from: request.socket.remoteAddress, times: refusals, error });
    told = performance.now();
    refusals = 0;
  }

  return async (request, response) => {
    const toAnybody = openTo(request, open);
    if (toAnybody !== undefined && bearerOf(request) === '') return toAnybody(request, response);
    try {
      const token = await readToken(tokenFile);
      if (isSameToken(bearerOf(request), token)) {
        trust(request.socket);
        return inner(request, response);
      }
      if (toAnybody !== undefined) return toAnybody(request, response);
      const error = new VolumeError('invalid', 'Send the token: Authorization: Bearer TOKEN.');
      sendError(response, 401, error);
      record(request, error);
    } catch (thrown) {
      if (toAnybody !== undefined) return toAnybody(request, response);
      // Callers without a token learn nothing about the file.
      const error = new VolumeError('unavailable', "No token can be checked now: see the daemon's log.");
      sendError(response, 503, error);
      record(request, asVolumeError(thrown, 'The token could not be checked'));
    }
  };
}

function openTo({ method, url = '' }: IncomingMessage, open: GateParts['open']): RequestListener | undefined {
  const [path = ''] = url.split('?');
  return method === 'GET' || method === 'HEAD' ? open.get(path) : undefined;
}

function bearerOf({ headers }: IncomingMessage): string {
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1] ?? '';
}
