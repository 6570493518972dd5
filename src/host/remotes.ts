import { carrierHere } from './carrier.ts';
import type { Remote } from './host.ts';
import { remoteBy } from './remote-calls.ts';
import { createRemoteServer, type RemoteServer } from './remote-server.ts';

export interface RemoteSettings {
  /** Milliseconds that a call may take; 45 s when absent. */
  readonly patience?: number;
  /** Milliseconds that a helper process is kept for the next call; 60 s when absent. */
  readonly idle?: number;
}

export interface Remotes {
  /** See `Host.remote`. */
  of(server: string): Remote;
  close(): Promise<void>;
}

/** One for each server's name; `here` makes the calls where the sources run uncompiled. */
export function createRemotes(here: Remote, settings: RemoteSettings = {}): Remotes {
  const servers = new Map<string, RemoteServer>();
  const { patience = 45_000, idle = 60_000 } = settings;

  function serverOf(name: string): RemoteServer {
    const known = servers.get(name);
    if (known) return known;
    const server = createRemoteServer({ name, patience, idle, start: () => carrierHere(here) });
    servers.set(name, server);
    return server;
  }

  return {
    of: (name) => remoteBy((call) => serverOf(name).make(call)),
    close: async () => void (await Promise.all([...servers.values()].map((server) => server.close()))),
  };
}
