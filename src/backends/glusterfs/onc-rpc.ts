/** ONC-RPC over TCP (RFC 5531), as much of it as glusterd is asked with: calls without credentials, several on one connection. */
export interface RpcCall {
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
  /** XDR (RFC 4506). */
  readonly args: Uint8Array;
}

/** The results of one call, or why there are none. */
export type RpcReply = { readonly results: Buffer } | { readonly refused: string };

const lastFragment = 0x8000_0000;

/** One record for each call; the number of a call, from 0 on, is its transaction ID. */
export function encodeCalls(calls: readonly RpcCall[]): Buffer {
  return Buffer.concat(
    calls.map(({ program, version, procedure, args }, id) => {
      // Call, RPC version 2, program, version, procedure, no credentials, no verifier.
      const body = Buffer.concat([words(id, 0, 2, program, version, procedure, 0, 0, 0, 0), args]);
      return Buffer.concat([words(lastFragment + body.length), body]);
    }),
  );
}

/** Whether there are this many whole replies. */
export function hasReplies(bytes: Uint8Array, count: number): boolean {
  return records(Buffer.from(bytes)).length >= count;
}

/** By the number of the call; one that was not answered is absent. */
export function decodeReplies(bytes: Uint8Array): ReadonlyMap<number, RpcReply> {
  return new Map(records(Buffer.from(bytes)).map(decodeReply));
}

/** A string or an opaque of variable length. */
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

function decodeReply(record: Buffer): readonly [number, RpcReply] {
  const wordAt = (index: number) => (record.length >= 4 * index + 4 ? record.readUInt32BE(4 * index) : -1);
  const id = wordAt(0);
  if (wordAt(1) !== 1) return [id, { refused: 'it does not speak ONC-RPC' }];
  if (wordAt(2) !== 0) return [id, { refused: 'it denied the call' }];
  // After the verifier, whose length stands in word 4.
  const status = 5 + Math.ceil(Math.max(wordAt(4), 0) / 4);
  if (wordAt(status) !== 0) return [id, { refused: `it does not know the call (${wordAt(status)})` }];
  return [id, { results: record.subarray(4 * status + 4) }];
}

/** The whole records; a record may come in several fragments. */
function records(bytes: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  let fragments: Buffer[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const mark = bytes.readUInt32BE(at);
    const end = at + 4 + (mark & 0x7fff_ffff);
    if (end > bytes.length) break;
    fragments.push(bytes.subarray(at + 4, end));
    if (mark >= lastFragment) {
      found.push(Buffer.concat(fragments));
      fragments = [];
    }
    at = end;
  }
  return found;
}
