import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/** linux/fuse.h: the requests that a file system of one file gets. */
const op = {
  lookup: 1,
  forget: 2,
  getattr: 3,
  setattr: 4,
  open: 14,
  read: 15,
  write: 16,
  statfs: 17,
  release: 18,
  fsync: 20,
  init: 26,
  interrupt: 36,
  destroy: 38,
  batchForget: 42,
};
const unanswered: readonly number[] = [op.forget, op.interrupt, op.batchForget];
const [noEntry, notSupported] = [-2, -38];
const [rootNode, fileNode] = [1n, 2n];
const [inHeader, outHeader] = [40, 16];
const mostWritten = 128 * 1024;

export interface OneFile {
  readonly name: string;
  readonly bytes: number;
  /** Where its content is kept. */
  readonly store: number;
  /** Called for each fsync, before it is answered. Nothing else is answered meanwhile. */
  sync(): void;
}

/** Serves a file system with one file until it is unmounted. `fuse`: the open `/dev/fuse` with which it is mounted. */
export function serveFile(fuse: number, file: OneFile): void {
  const request = Buffer.alloc(mostWritten + 8192);
  for (;;) {
    let length: number;
    try {
      length = readSync(fuse, request);
    } catch {
      // ENODEV: it was unmounted.
      closeSync(fuse);
      return;
    }
    const code = request.readUInt32LE(4);
    if (unanswered.includes(code)) continue;
    const answer = answerTo(code, request.subarray(0, length), file);
    const [error, body] = typeof answer === 'number' ? [answer, Buffer.alloc(0)] : [0, answer];
    const head = Buffer.alloc(outHeader);
    head.writeUInt32LE(outHeader + body.length, 0);
    head.writeInt32LE(error, 4);
    head.writeBigUInt64LE(request.readBigUInt64LE(8), 8);
    writeSync(fuse, Buffer.concat([head, body]));
  }
}

/** The body of the answer, or an error number. */
function answerTo(code: number, request: Buffer, file: OneFile): Buffer | number {
  const node = request.readBigUInt64LE(16);
  const offset = () => Number(request.readBigUInt64LE(inHeader + 8));
  const size = () => request.readUInt32LE(inHeader + 16);
  switch (code) {
    case op.init:
      return initAnswer();
    case op.lookup: {
      const name = request.subarray(inHeader, -1).toString();
      return name === file.name ? Buffer.concat([entryHead(), attributes(fileNode, file)]) : noEntry;
    }
    case op.getattr:
    case op.setattr:
      return Buffer.concat([Buffer.alloc(16), attributes(node, file)]);
    case op.open:
      return Buffer.alloc(16);
    case op.read: {
      const bytes = Buffer.alloc(size());
      return bytes.subarray(0, readSync(file.store, bytes, 0, bytes.length, offset()));
    }
    case op.write: {
      writeSync(file.store, request, inHeader + 40, size(), offset());
      const answer = Buffer.alloc(8);
      answer.writeUInt32LE(size());
      return answer;
    }
    case op.fsync:
      file.sync();
      return Buffer.alloc(0);
    case op.statfs:
      return Buffer.alloc(80);
    case op.release:
    case op.destroy:
      return Buffer.alloc(0);
    default:
      return notSupported;
  }
}

/** `struct fuse_init_out`: version 7.31, and the longest write. */
function initAnswer(): Buffer {
  const answer = Buffer.alloc(64);
  answer.writeUInt32LE(7, 0);
  answer.writeUInt32LE(31, 4);
  answer.writeUInt32LE(mostWritten, 20);
  return answer;
}

/** `struct fuse_entry_out` before its attributes; node and attributes are valid for an hour. */
function entryHead(): Buffer {
  const head = Buffer.alloc(40);
  head.writeBigUInt64LE(fileNode, 0);
  for (const at of [16, 24]) head.writeBigUInt64LE(3600n, at);
  return head;
}

/** `struct fuse_attr`. */
function attributes(node: bigint, { bytes }: OneFile): Buffer {
  const isFile = node !== rootNode;
  const answer = Buffer.alloc(88);
  answer.writeBigUInt64LE(node, 0);
  answer.writeBigUInt64LE(BigInt(isFile ? bytes : 0), 8);
  answer.writeBigUInt64LE(BigInt(isFile ? bytes / 512 : 0), 16);
  answer.writeUInt32LE(isFile ? 0o100600 : 0o040700, 60);
  answer.writeUInt32LE(1, 64);
  answer.writeUInt32LE(4096, 80);
  return answer;
}

/** Opens it for `serveFile`. */
export function openFuse(): number {
  return openSync('/dev/fuse', 'r+');
}
