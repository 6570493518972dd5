import type { Readable } from 'node:stream';

/** Bytes of a command's output that are kept. */
const mostKept = 64 * 1024;

/**
 * Reads the output of a command to its end, and returns its last part. Without a terminal, it comes in frames of 8 bytes, of which the last
 * 4 are the length of the text behind them (Docker Engine API, "Attach to a container", "Stream format").
 */
export async function readOutput(stream: Readable): Promise<string> {
  let waiting = Buffer.alloc(0);
  let kept = Buffer.alloc(0);
  for await (const chunk of stream) {
    waiting = Buffer.concat([waiting, chunk]);
    for (;;) {
      const length = waiting.length < 8 ? Number.POSITIVE_INFINITY : waiting.readUInt32BE(4);
      if (waiting.length < 8 + length) break;
      kept = Buffer.concat([kept, waiting.subarray(8, 8 + length)]).subarray(-mostKept);
      waiting = waiting.subarray(8 + length);
    }
  }
  return kept.toString('utf8');
}
