/**
 * The NULL procedure of a program by ONC-RPC over TCP (RFC 5531): every server answers it, without credentials and without
 * touching a file system.
 */
export interface NullCall {
  /** Comes back with the reply. */
  readonly id: number;
  readonly program: number;
  readonly version: number;
}

/** What a server said to it. */
export type NullReply =
  | { readonly kind: 'served' }
  /** The program is there, in versions from `low` to `high` only. */
  | { readonly kind: 'other-versions'; readonly low: number; readonly high: number }
  | { readonly kind: 'no-such-program' }
  /** Any other answer of an RPC server. */
  | { readonly kind: 'denied' }
  /** No answer of an RPC server to this call. */
  | { readonly kind: 'gibberish' };

const lastFragment = 0x8000_0000;
/** Bytes; an answer has 36 at most, and a verifier of 400 (RFC 5531, section 8.2). */
const longestReply = 1024;

export function encodeNullCall({ id, program, version }: NullCall): Uint8Array {
  // Call, RPC version 2, program, version, procedure 0; no credentials and no verifier (AUTH_NONE, of no length).
  const body = [id, 0, 2, program, version, 0, 0, 0, 0, 0];
  const bytes = Buffer.alloc(4 + 4 * body.length);
  for (const [index, word] of [lastFragment + 4 * body.length, ...body].entries()) {
    bytes.writeUInt32BE(word, 4 * index);
  }
  return bytes;
}

/** Whether a whole record is there, or what came can never become one. */
export function isWholeReply(bytes: Uint8Array): boolean {
  return readRecord(bytes) !== 'incomplete';
}

export function decodeNullReply(bytes: Uint8Array, id: number): NullReply {
  const record = readRecord(bytes);
  if (typeof record === 'string') return { kind: 'gibberish' };
  const wordAt = (index: number) =>
    record.length >= 4 * index + 4 ? record.readUInt32BE(4 * index) : undefined;
  // The ID of the call, and that this is a reply.
  if (wordAt(0) !== id || wordAt(1) !== 1) return { kind: 'gibberish' };
  const verifier = wordAt(4);
  if (wordAt(2) !== 0 || verifier === undefined) return { kind: wordAt(2) === 1 ? 'denied' : 'gibberish' };
  const status = 5 + Math.ceil(verifier / 4);
  return accepted(wordAt(status), wordAt(status + 1), wordAt(status + 2));
}

/** The `accept_stat` of a reply, and what follows it. */
function accepted(status: number | undefined, low: number | undefined, high: number | undefined): NullReply {
  switch (status) {
    case 0:
      return { kind: 'served' };
    case 1:
      return { kind: 'no-such-program' };
    case 2:
      return low === undefined || high === undefined
        ? { kind: 'gibberish' }
        : { kind: 'other-versions', low, high };
    default:
      return { kind: status === undefined ? 'gibberish' : 'denied' };
  }
}

/** Takes the record mark off each fragment (RFC 5531, section 11). */
function readRecord(bytes: Uint8Array): Buffer | 'incomplete' | 'too-long' {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fragments: Buffer[] = [];
  for (let at = 0; at + 4 <= all.length; ) {
    const mark = all.readUInt32BE(at);
    const end = at + 4 + (mark & 0x7fff_ffff);
    if (end > longestReply) return 'too-long';
    if (end > all.length) return 'incomplete';
    fragments.push(all.subarray(at + 4, end));
    if (mark >= lastFragment) return Buffer.concat(fragments);
    at = end;
  }
  return all.length > longestReply ? 'too-long' : 'incomplete';
}
