import type { Network, NetworkAddress } from '../../host/host.ts';
import { decodeReplies, encodeCalls, hasReplies } from '../shared/network-share/onc-rpc.ts';
import type { Answer } from '../shared/network-share/share.ts';
import { replyAnswer, silenceAnswer } from './answer.ts';
import { type NfsVersion, programVersion } from './version.ts';

export interface ProbeParts {
  readonly network: Network;
  readonly address: NetworkAddress;
  readonly version: NfsVersion;
  /** Milliseconds, of any clock. */
  now(): number;
}

/** The NULL procedure of NFS (RFC 5531, section 13). Each question has its own connection, so one ID is enough. */
const nullCall = { id: 0x686f_6c64, program: 100_003, procedure: 0, args: new Uint8Array() };
/** Bytes; a reply has at most 36, plus a verifier of up to 400 (RFC 5531, section 8.2). */
const longestReply = 1024;

/**
 * Asks an NFS server whether it runs and serves the version, by the NULL procedure: every server answers that, without
 * credentials and without touching a file system. Never rejects.
 */
export async function probeNfs(parts: ProbeParts, signal: AbortSignal): Promise<Answer> {
  const { network, address, version, now } = parts;
  const began = now();
  const call = { ...nullCall, version: programVersion(version) };
  const isWhole = (bytes: Uint8Array) => hasReplies(bytes, 1, longestReply);
  try {
    const answer = await network.ask(address, encodeCalls([call]), isWhole, signal);
    return replyAnswer(parts, decodeReplies(answer).get(call.id), Math.round(now() - began));
  } catch (error) {
    return silenceAnswer(address, error);
  }
}
