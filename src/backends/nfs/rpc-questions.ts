import { withPatience } from '../../core/waits/patience.ts';
import type { Network, NetworkAddress } from '../../host/host.ts';
import {
  decodeReplies,
  encodeCalls,
  hasReplies,
  type RpcCall,
  type RpcReply,
} from '../shared/network-share/onc-rpc.ts';

/** Milliseconds for one question. */
const patience = 5_000;
/** Bytes of a reply; a list of exports is longer. */
const longestReply = { usual: 1024, exports: 60 * 1024 } as const;

/** Makes the calls on one connection. The replies are by the ID of the call. Rejects with the system's error. */
export async function askRpc(
  network: Network,
  at: NetworkAddress,
  calls: readonly RpcCall[],
  signal: AbortSignal,
  longest: keyof typeof longestReply = 'usual',
): Promise<ReadonlyMap<number, RpcReply>> {
  const isWhole = (bytes: Uint8Array) => hasReplies(bytes, calls.length, longestReply[longest]);
  const answer = await withPatience(patience, (over) =>
    network.ask(at, encodeCalls(calls), isWhole, AbortSignal.any([signal, over])),
  );
  return decodeReplies(answer);
}
