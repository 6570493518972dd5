import { once } from 'node:events';
import type { Network } from '../../../src/host/host.ts';
import { errno } from './paths.ts';
import type { FakeState } from './state.ts';

/** A server's answer to a request; `silent`: it accepts the connection but does not answer. */
export type FakeServer = (request: Uint8Array) => Uint8Array | Error | 'silent';

/** The servers are `state.servers`, by "host:port"; all others refuse connections. */
export function fakeNetwork(state: FakeState): Network {
  return {
    ask: async ({ host, port }, request, isWhole, signal) => {
      const where = `${host}:${port}`;
      const server = state.servers.get(where);
      if (!server) throw errno('ECONNREFUSED', where);
      const answer = server(request);
      if (answer instanceof Error) throw answer;
      if (answer !== 'silent' && isWhole(answer)) return answer;
      if (!signal.aborted) await once(signal, 'abort');
      throw errno('ETIMEDOUT', where);
    },
  };
}
