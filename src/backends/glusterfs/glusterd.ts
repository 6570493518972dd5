import { decodeReplies, encodeCalls, hasReplies, words, xdrBytes } from '../shared/network-share/onc-rpc.ts';

/** The port of glusterd (docs.gluster.org, "Ports"). */
export const glusterdPort = 24007;

/** A question to glusterd: the request, when the answer is complete, and how to read it. */
export interface Question<T> {
  readonly request: Uint8Array;
  isWhole(answer: Uint8Array): boolean;
  read(answer: Uint8Array): T;
}

/** The volume file that a client gets, or the error number; undefined if glusterd did not say. */
export type VolumeFile = { readonly text: string } | { readonly errno: number } | undefined;

/** What glusterd knows about one of its bricks; `unknown` if it did not say. */
export type BrickState = 'up' | 'down' | 'unknown';

interface Procedure {
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
}

const getSpec: Procedure = { program: 14_398_633, version: 2, procedure: 2 };
const portByBrick: Procedure = { program: 34_123_456, version: 1, procedure: 1 };

/** GETSPEC of glusterd's handshake program, the first request of every client (xdr/glusterfs3.x: gf_getspec_req). */
export function askVolumeFile(volume: string): Question<VolumeFile> {
  // glusterd refuses clients that do not say which versions they support.
  const versions = dictionary({ 'min-op-version': '1', 'max-op-version': '999999' });
  const args = Buffer.concat([words(0), xdrBytes(volume), xdrBytes(versions)]);
  return question(getSpec, [args], ([results]) => readVolumeFile(results));
}

/** PORTBYBRICK of glusterd's portmap program, for bricks of its own host; each client asks it before it connects to a brick. */
export function askBricks(paths: readonly string[]): Question<readonly BrickState[]> {
  return question(portByBrick, paths.map(xdrBytes), (answers) => answers.map(readBrick));
}

/** Makes one call for each of the arguments; a call without results gives undefined. */
function question<T>(
  procedure: Procedure,
  args: readonly Uint8Array[],
  read: (results: readonly (Buffer | undefined)[]) => T,
): Question<T> {
  const calls = args.map((arg, id) => ({ ...procedure, id, args: arg }));
  return {
    request: encodeCalls(calls),
    isWhole: (answer) => hasReplies(answer, calls.length),
    read(answer) {
      const replies = decodeReplies(answer);
      return read(
        calls.map(({ id }) => {
          const reply = replies.get(id);
          return reply?.kind === 'results' ? reply.results : undefined;
        }),
      );
    },
  };
}

/** gf_getspec_rsp: the length or -1, the error number, the volume file. */
function readVolumeFile(results: Buffer | undefined): VolumeFile {
  if (results === undefined || results.length < 12) return undefined;
  if (results.readInt32BE(0) < 0) return { errno: results.readInt32BE(4) };
  return { text: results.subarray(12, 12 + results.readUInt32BE(8)).toString('utf8') };
}

/** pmap_port_by_brick_rsp: 0 or -1, the error number, the status, the port. */
function readBrick(results: Buffer | undefined): BrickState {
  if (results === undefined || results.length < 16) return 'unknown';
  return results.readInt32BE(0) === 0 && results.readInt32BE(12) > 0 ? 'up' : 'down';
}

/** Written as libglusterfs writes its dictionaries (dict_allocate_and_serialize). */
function dictionary(entries: Readonly<Record<string, string>>): Buffer {
  const pairs = Object.entries(entries).map(([key, value]) =>
    Buffer.concat([words(key.length, value.length + 1), Buffer.from(`${key}\0${value}\0`)]),
  );
  return Buffer.concat([words(pairs.length), ...pairs]);
}
