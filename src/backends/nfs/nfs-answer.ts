import type { NetworkAddress } from '../../host/host.ts';
import type { RpcReply } from '../shared/share/onc-rpc.ts';
import type { Answer } from '../shared/share/share.ts';
import { errnoOf, wordsOf } from '../shared/storage-errors.ts';
import { type NfsVersion, programVersion } from './nfs-version.ts';

interface AskedServer {
  readonly address: NetworkAddress;
  readonly version: NfsVersion;
}

/** Milliseconds from which on a server that answers is `slow`. */
const slow = 1000;

const unreachable: readonly string[] = [
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
];

/** What a reply means that came after so many milliseconds; undefined is one that no RPC server gives. */
export function replyAnswer(
  { address: { port }, version }: AskedServer,
  reply: RpcReply | undefined,
  took: number,
): Answer {
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

/** What it means that there was no reply, by the error that there was instead. */
export function silenceAnswer({ host, port }: NetworkAddress, error: unknown): Answer {
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

function wrongVersion(
  version: NfsVersion,
  { low, high }: { readonly low: number; readonly high: number },
): string {
  const asked = programVersion(version);
  const has = low === high ? `NFS ${low}` : `NFS ${low} to ${high}`;
  const setting = asked === 4 ? '3' : '4.2';
  return `it serves ${has}, and no NFS ${asked}: enable that on the server, or set \`version: "${setting}"\` for the driver`;
}
