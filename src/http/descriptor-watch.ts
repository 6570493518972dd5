import { closeSync, openSync } from 'node:fs';
import type { Log } from '../core/log.ts';
import type { Server } from './sockets.ts';

/**
 * Notices when this process cannot open any more files. Then the kernel closes new connections without an answer, and nothing
 * else would report it.
 */
export interface DescriptorWatch {
  /** Checks at each connection of the server, and closes idle connections if there is no room for others. */
  attach(server: Server): void;
  stop(): void;
}

/** Milliseconds between two checks, for descriptors that are used up without a connection. */
const interval = 1_000;
/** Milliseconds without trouble after which it counts as over. */
const calm = 10_000;

export function createDescriptorWatch(log: Log, open: () => void = openOne): DescriptorWatch {
  const servers = new Set<Server>();
  let troubled: number | undefined;

  function look(): void {
    try {
      open();
      if (troubled === undefined || performance.now() - troubled < calm) return;
      troubled = undefined;
      log.write('info', 'descriptors-free');
    } catch (error) {
      if (troubled === undefined) log.write('error', 'descriptors-used-up', { error });
      troubled = performance.now();
      for (const server of servers) server.closeIdleConnections();
    }
  }

  const timer = setInterval(look, interval);
  timer.unref();
  return {
    attach(server) {
      servers.add(server);
      server.on('connection', look);
    },
    stop: () => clearInterval(timer),
  };
}

function openOne(): void {
  closeSync(openSync('/dev/null', 'r'));
}
