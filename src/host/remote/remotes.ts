import { existsSync } from 'node:fs';
import type { Remote, RemoteManner } from '../host.ts';
import type { PartsSettings } from '../linux-parts.ts';
import { localCallRunner } from './call-runner.ts';
import { remoteBy } from './calls.ts';
import { startRemoteProcess } from './process.ts';
import { createRemoteServer, type RemoteServer } from './server.ts';

export interface RemoteSettings {
  /** Timeout of a call in milliseconds; 45 s by default. */
  readonly patience?: number;
  /** Milliseconds that a helper process may take to start; 45 s by default. */
  readonly startup?: number;
  /** Milliseconds that an idle helper process is kept; 60 s by default. */
  readonly idle?: number;
  /** The program of the helper process. */
  readonly worker?: URL;
}

export interface Remotes {
  /** See `Host.remote`. */
  of(server: string, how?: RemoteManner): Remote;
  close(): Promise<void>;
}

/** Exists beside this file only in the build. */
const compiledWorker = new URL('./server-worker.js', import.meta.url);

/**
 * One remote per server name. In uncompiled sources (tests) there is no helper process, which could not load TypeScript: calls are
 * made `here`.
 */
export function createRemotes(here: Remote, settings: RemoteSettings, parts: PartsSettings): Remotes {
  const servers = new Map<string, RemoteServer>();
  const { patience = 45_000, startup = 45_000, worker = compiledWorker } = settings;
  const usualIdle = settings.idle ?? 60_000;

  function serverOf(name: string, { idle = usualIdle, priority }: RemoteManner): RemoteServer {
    const known = servers.get(name);
    if (known) return known;
    const hasProcess = existsSync(worker);
    const start = () =>
      hasProcess ? startRemoteProcess({ ...parts, worker, server: name, priority }) : localCallRunner(here);
    const onIdle = () => void servers.delete(name);
    const server = createRemoteServer({ name, patience, startup, idle, onIdle, start });
    servers.set(name, server);
    return server;
  }

  return {
    of: (name, how = {}) =>
      remoteBy(
        (call) => serverOf(name, how).make(call),
        () => serverOf(name, how).ready(),
      ),
    close: async () => void (await Promise.all([...servers.values()].map((server) => server.close()))),
  };
}
