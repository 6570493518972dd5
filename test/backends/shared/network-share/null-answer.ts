import type { FakeServer } from '../../../fakes/host/network.ts';

/** An RPC server with every program in every version (RFC 5531). It answers each call with an empty result. */
export const answersNull: FakeServer = (request) => {
  const bytes = Buffer.from(request);
  const replies: Buffer[] = [];
  for (let at = 0; at + 8 <= bytes.length; at += 4 + (bytes.readUInt32BE(at) & 0x7fff_ffff)) {
    replies.push(reply(bytes.readUInt32BE(at + 4), 0));
  }
  return Buffer.concat(replies);
};

/** Replies to the first call of a request: accepted, with this status and the words that follow it. */
export function answersWith(...status: readonly number[]): FakeServer {
  return (request) => reply(Buffer.from(request).readUInt32BE(4), ...status);
}

export function reply(id: number, ...status: readonly number[]): Buffer {
  // The ID, "reply", "accepted", and an empty verifier.
  return record(words(id, 1, 0, 0, 0, ...status));
}

/** The body in fragments of at most this many bytes, each with its record mark. */
export function record(body: Buffer, most = body.length): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length; at += most) {
    const isLast = at + most >= body.length;
    const piece = body.subarray(at, at + most);
    pieces.push(words(piece.length + (isLast ? 0x8000_0000 : 0)), piece);
  }
  return Buffer.concat(pieces);
}

export function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, 4 * index);
  return bytes;
}
