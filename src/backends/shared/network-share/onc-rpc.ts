/** A call of ONC-RPC over TCP (RFC 5531), without credentials. Several can be made on one connection. */
export interface RpcCall {
  /** The reply repeats it. */
  readonly id: number;
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
  /** XDR (RFC 4506). */
  readonly args: Uint8Array;
}

/** An RPC server's answer to a call. */
export type RpcReply =
  | { readonly kind: 'results'; readonly results: Buffer }
  /** The program exists, but only in versions from `low` to `high`. */
  | { readonly kind: 'other-versions'; readonly low: number; readonly high: number }
  | { readonly kind: 'no-such-program' }
  /** Any other reason. */
  | { readonly kind: 'denied' };

const lastFragment = 0x8000_0000;

export function encodeCalls(calls: readonly RpcCall[]): Buffer {
  return Buffer.concat(
    calls.map(({ id, program, version, procedure, args }) => {
      // Call, RPC version 2, program, version, procedure, no credentials, no verifier.
      const body = Buffer.concat([words(id, 0, 2, program, version, procedure, 0, 0, 0, 0), args]);
      return Buffer.concat([words(lastFragment + body.length), body]);
    }),
  );
}

/** Whether there are this many complete replies, or more than `longest` bytes are announced, as the first bytes of another protocol may. */
export function hasReplies(
  bytes: Uint8Array,
  count: number,
  longest: number = Number.POSITIVE_INFINITY,
): boolean {
  const { records, announced } = readRecords(bytes);
  return records.length >= count || announced > longest;
}

/** Replies by the ID of the call; absent if there was no reply, or not one of an RPC server. */
export function decodeReplies(bytes: Uint8Array): ReadonlyMap<number, RpcReply> {
  const replies = new Map<number, RpcReply>();
  for (const record of readRecords(bytes).records) {
    const id = wordAt(record, 0);
    const reply = decodeReply(record);
    if (id !== undefined && reply !== undefined) replies.set(id, reply);
  }
  return replies;
}

/** A string, or opaque data of variable length. */
export function xdrBytes(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([words(bytes.length), bytes, Buffer.alloc(-bytes.length & 3)]);
}

export function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => {
    bytes.writeUInt32BE(value, 4 * index);
  });
  return bytes;
}

/** Checks the part after the ID: that it is a reply, whether it was accepted, and the verifier with its length. */
function decodeReply(record: Buffer): RpcReply | undefined {
  if (wordAt(record, 1) !== 1) return undefined;
  if (wordAt(record, 2) === 1) return { kind: 'denied' };
  const verifier = wordAt(record, 4);
  if (wordAt(record, 2) !== 0 || verifier === undefined) return undefined;
  return accepted(record.subarray(4 * (5 + Math.ceil(verifier / 4))));
}

/** Reads the `accept_stat` of a reply, and what follows it. */
function accepted(rest: Buffer): RpcReply | undefined {
  const [status, low, high] = [wordAt(rest, 0), wordAt(rest, 1), wordAt(rest, 2)];
  switch (status) {
    case undefined:
      return undefined;
    case 0:
      return { kind: 'results', results: rest.subarray(4) };
    case 1:
      return { kind: 'no-such-program' };
    case 2:
      return low === undefined || high === undefined ? undefined : { kind: 'other-versions', low, high };
    default:
      return { kind: 'denied' };
  }
}

function wordAt(bytes: Buffer, index: number): number | undefined {
  return bytes.length >= 4 * index + 4 ? bytes.readUInt32BE(4 * index) : undefined;
}

interface Records {
  /** Complete replies, without the marks of their fragments (RFC 5531, section 11). */
  readonly records: readonly Buffer[];
  /** The number of bytes up to the end of the last fragment that has started. */
  readonly announced: number;
}

function readRecords(bytes: Uint8Array): Records {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: Buffer[] = [];
  const fragments: Buffer[] = [];
  let at = 0;
  while (at + 4 <= all.length) {
    const mark = all.readUInt32BE(at);
    const end = at + 4 + (mark & 0x7fff_ffff);
    if (end > all.length) return { records, announced: end };
    fragments.push(all.subarray(at + 4, end));
    if (mark >= lastFragment) records.push(Buffer.concat(fragments.splice(0)));
    at = end;
  }
  return { records, announced: at };
}
