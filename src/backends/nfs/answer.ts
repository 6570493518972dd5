import { wordsOf } from '../../core/error-words.ts';
import type { NetworkAddress } from '../../host/host.ts';
import type { RpcReply } from '../shared/network-share/onc-rpc.ts';
import type { Answer } from '../shared/network-share/share.ts';
import { errnoOf } from '../shared/storage-errors.ts';
import { type NfsVersion, programVersion } from './version.ts';

interface AskedServer {
  readonly address: NetworkAddress;
  readonly version: NfsVersion;
}

/** Milliseconds after which an answering server counts as `slow`. */
const slow = 1000;

const unreachable: readonly string[] = [
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
];

/** Interprets a reply that came after so many milliseconds; undefined: not the reply of an RPC server. */
export function replyAnswer(
  { address: { port }, version }: AskedServer,
  reply: RpcReply | undefined,
  took: number,
): Answer {
  switch (reply?.kind) {
    // A server that wants better credentials even for this is running.
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
        detail: `what answers at port ${port} does not serve NFS: start its NFS service, or check \`server\` and the option \`port\``,
      };
    case undefined:
      return {
        state: 'wrong-version',
        detail: `what answers at port ${port} is not an NFS server: check \`server\` and the option \`port\``,
      };
  }
}

/** Interprets a missing reply by the error. */
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
      detail: `there is no route to it (${code}): check the network and the routes of this host`,
    };
  }
  const seen =
    code === 'ETIMEDOUT'
      ? 'it did not answer in time'
      : `it closed the connection without an answer (${wordsOf(error)})`;
  return {
    state: 'no-reply',
    detail: `${seen}: check whether the server hangs, and whether a firewall drops packets to port ${port}`,
  };
}

function wrongVersion(
  version: NfsVersion,
  { low, high }: { readonly low: number; readonly high: number },
): string {
  const asked = programVersion(version);
  const has = low === high ? `NFS ${low}` : `NFS ${low} to ${high}`;
  const setting = asked === 4 ? '3' : '4.2';
  return `it serves ${has}, but not NFS ${asked}: enable that on the server, or set \`version: "${setting}"\` for the driver`;
}
