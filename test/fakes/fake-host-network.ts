import { once } from 'node:events';
import type { Network } from '../../src/host/host.ts';
import type { FakeState } from './fake-host-state.ts';
import { errno } from './fake-paths.ts';

/** What a server answers to a request; `silent` takes the connection, and says nothing. */
export type FakeServer = (request: Uint8Array) => Uint8Array | Error | 'silent';

/** Servers are what `state.servers` has, by "host:port"; anything else refuses the connection. */
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
