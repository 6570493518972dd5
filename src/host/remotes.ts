import { existsSync } from 'node:fs';
import { carrierHere } from './carrier.ts';
import type { Remote } from './host.ts';
import type { PartsSettings } from './linux-parts.ts';
import { remoteBy } from './remote-calls.ts';
import { startRemoteProcess } from './remote-process.ts';
import { createRemoteServer, type RemoteServer } from './remote-server.ts';

export interface RemoteSettings {
  /** Milliseconds that a call may take; 45 s when absent. */
  readonly patience?: number;
  /** Milliseconds that a helper process is kept for the next call; 60 s when absent. */
  readonly idle?: number;
  /** What the helper process runs. */
  readonly worker?: URL;
}

export interface Remotes {
  /** See `Host.remote`. */
  of(server: string, idle?: number): Remote;
  close(): Promise<void>;
}

/** Beside this file once it is compiled. */
const compiledWorker = new URL('./remote-worker.js', import.meta.url);

/**
 * One for each server's name. Where the sources run uncompiled (tests) there is no helper process, which takes no
 * TypeScript, and the calls are made `here`.
 */
export function createRemotes(here: Remote, settings: RemoteSettings, parts: PartsSettings): Remotes {
  const servers = new Map<string, RemoteServer>();
  const { patience = 45_000, worker = compiledWorker } = settings;

  function serverOf(name: string, idle: number): RemoteServer {
    const known = servers.get(name);
    if (known) return known;
    const hasProcess = existsSync(worker);
    const start = () =>
      hasProcess ? startRemoteProcess({ ...parts, worker, server: name }) : carrierHere(here);
    const onIdle = () => void servers.delete(name);
    const server = createRemoteServer({ name, patience, idle, onIdle, start });
    servers.set(name, server);
    return server;
  }

  return {
    of: (name, idle = settings.idle ?? 60_000) => remoteBy((call) => serverOf(name, idle).make(call)),
    close: async () => void (await Promise.all([...servers.values()].map((server) => server.close()))),
  };
}
