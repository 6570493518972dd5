import { quote } from '../core/names.ts';
import { VolumeError } from '../core/volume-error.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  /** The connection can carry another call. */
  readonly reusable: boolean;
}

/** Far more than a list of all volumes. */
const largest = 16 * 1024 * 1024;

/**
 * Parses the bytes of an answer; undefined while a part of it is missing. `ended`: nothing more will come. Throws `failed`
 * unless it is a whole HTTP/1.x answer. As much of RFC 9112 as a client needs: lengths, chunks, or everything until the end.
 */
export function readHttpAnswer(bytes: Buffer, ended: boolean): HttpAnswer | undefined {
  const start = bytes.toString('latin1', 0, 12);
  if (!/^HTTP\/1\.[01] [1-5]\d\d$/.test(start)) {
    if (!ended && 'HTTP/1.'.startsWith(start.slice(0, 7)) && start.length < 12) return undefined;
    throw new VolumeError('failed', `something that is not HTTP: ${quote(bytes.toString('utf8', 0, 80))}`);
  }
  if (bytes.length > largest) throw new VolumeError('failed', `more than ${largest} bytes`);
  const end = bytes.indexOf('\r\n\r\n');
  const whole =
    end < 0 ? undefined : readBody(bytes.toString('latin1', 0, end), bytes.subarray(end + 4), ended);
  if (whole === undefined && ended) throw new VolumeError('failed', 'half an HTTP answer');
  return whole;
}

function readBody(head: string, rest: Buffer, ended: boolean): HttpAnswer | undefined {
  const status = Number(head.slice(9, 12));
  if (status < 200) return readHttpAnswer(rest, ended);
  const reusable = head.startsWith('HTTP/1.1') && !/^close$/i.test(header(head, 'connection'));
  const length = header(head, 'content-length');
  if (/chunked/i.test(header(head, 'transfer-encoding'))) {
    const body = unchunked(rest);
    return body && { status, body: body.toString(), reusable };
  }
  if (status === 204 || status === 304) return { status, body: '', reusable };
  if (length === '') return ended ? { status, body: rest.toString(), reusable: false } : undefined;
  if (!/^\d{1,9}$/.test(length)) throw new VolumeError('failed', `a length of ${quote(length)}`);
  if (rest.length < Number(length)) return undefined;
  return { status, body: rest.toString('utf8', 0, Number(length)), reusable };
}

function header(head: string, name: string): string {
  return new RegExp(`\\r\\n${name}:[ \\t]*([^\\r]*?)[ \\t]*(?:\\r|$)`, 'i').exec(head)?.[1] ?? '';
}

/** Undefined while the last chunk, or the empty line behind it, is missing. */
function unchunked(bytes: Buffer): Buffer | undefined {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return undefined;
    const size = /^([0-9a-f]{1,7})[ \t]*(?:;.*)?$/i.exec(bytes.toString('latin1', at, end))?.[1];
    if (size === undefined) throw new VolumeError('failed', 'chunks without a size');
    const length = Number.parseInt(size, 16);
    if (length === 0)
      return /\r\n\r\n/.test(bytes.toString('latin1', end)) ? Buffer.concat(chunks) : undefined;
    if (bytes.length < end + 2 + length + 2) return undefined;
    chunks.push(bytes.subarray(end + 2, end + 2 + length));
    at = end + 2 + length + 2;
  }
}
