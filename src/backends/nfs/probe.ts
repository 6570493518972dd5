import type { Network, NetworkAddress } from '../../host/host.ts';
import { decodeReplies, encodeCalls, hasReplies, type RpcReply } from '../shared/share/onc-rpc.ts';
import type { Answer } from '../shared/share/share.ts';
import { errnoOf, wordsOf } from '../shared/storage-errors.ts';
import { type NfsVersion, programVersion } from './nfs-version.ts';

export interface ProbeParts {
  readonly network: Network;
  readonly address: NetworkAddress;
  readonly version: NfsVersion;
  /** Milliseconds, of any clock. */
  now(): number;
}

/** The number of NFS among the RPC programs (RFC 5531, section 13). */
const nfsProgram = 100_003;
/** Bytes; a reply has 36 at most, and a verifier of 400 (RFC 5531, section 8.2). */
const longestReply = 1024;
/** Milliseconds from which on a server that answers is `slow`. */
const slow = 1000;

const unreachable: readonly string[] = [
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EADDRNOTAVAIL',
];

/**
 * Asks an NFS server whether it is there and serves the version, by the NULL procedure: every server answers that, without
 * credentials and without touching a file system. Never rejects.
 */
export async function probeNfs(parts: ProbeParts, signal: AbortSignal): Promise<Answer> {
  const { network, address, version, now } = parts;
  const began = now();
  // Each question has a connection of its own, so one number does for all.
  const id = 0x686f_6c64;
  const call = {
    id,
    program: nfsProgram,
    version: programVersion(version),
    procedure: 0,
    args: new Uint8Array(),
  };
  const isWhole = (bytes: Uint8Array) => hasReplies(bytes, 1, longestReply);
  try {
    const answer = await network.ask(address, encodeCalls([call]), isWhole, signal);
    return said(parts, decodeReplies(answer).get(id), Math.round(now() - began));
  } catch (error) {
    return unanswered(address, error);
  }
}

function said({ address, version }: ProbeParts, reply: RpcReply | undefined, took: number): Answer {
  const { port } = address;
  switch (reply?.kind) {
    // A server that wants better credentials even for this is there.
    case 'results':
    case 'denied':
      return took > slow
        ? {
            state: 'slow',
            detail: `it answered after ${took} ms: look at the load of the server and at the network`,
          }
        : { state: 'ok', detail: `it answered after ${took} ms` };
    case 'other-versions':
      return { state: 'wrong-version', detail: wrongVersion(version, reply) };
    case 'no-such-program':
      return {
        state: 'wrong-version',
        detail: `what answers at port ${port} serves no NFS at all: start its NFS service, or check \`server\` and the option \`port\``,
      };
    case undefined:
      return {
        state: 'wrong-version',
        detail: `what answers at port ${port} is no NFS server: check \`server\` and the option \`port\``,
      };
  }
}

function wrongVersion(
  version: NfsVersion,
  { low, high }: { readonly low: number; readonly high: number },
): string {
  const asked = programVersion(version);
  const has = low === high ? `NFS ${low}` : `NFS ${low} to ${high}`;
  const setting = asked === 4 ? '3' : '4.2';
  return `it serves ${has}, and no NFS ${asked}: enable that on the server, or set \`version: "${setting}"\` for the driver`;
}

function unanswered({ host, port }: NetworkAddress, error: unknown): Answer {
  const code = errnoOf(error) ?? '';
  if (code === 'ECONNREFUSED') {
    return {
      state: 'refused',
      detail: `it refused the connection to port ${port}: start its NFS service, or let the port through its firewall`,
    };
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return {
      state: 'unreachable',
      detail: `its name ${host} cannot be resolved: check it, and the name servers of this host`,
    };
  }
  if (unreachable.includes(code)) {
    return {
      state: 'unreachable',
      detail: `no way leads to it (${code}): check the network and the routes of this host`,
    };
  }
  const seen =
    code === 'ETIMEDOUT' ? 'it did not answer in time' : `it broke off without an answer (${wordsOf(error)})`;
  return {
    state: 'no-reply',
    detail: `${seen}: see whether the server hangs, and whether a firewall drops what goes to port ${port}`,
  };
}
