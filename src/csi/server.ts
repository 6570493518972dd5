import type { Duplex } from 'node:stream';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { controllerService } from './controller.ts';
import { identityService } from './identity.ts';
import { nodeService } from './node.ts';
import type { CsiParts } from './parts.ts';
import { csiService } from './services.ts';

export interface CsiServer {
  /** Serves a connection. */
  take(connection: Duplex): void;
  /** Lets calls under way finish. */
  close(): void;
  /** Ends the connections. */
  end(): void;
}

/** Bytes of one message: the longest that the specification allows is far below. */
const longestMessage = 4 * 1024 ** 2;
/** Milliseconds after which the other end of a connection is asked for a sign of life, and those that it has to answer. */
const usualPatience = { silence: 30_000, answer: 10_000 };

/** The services of the Container Storage Interface, for one driver. */
export function createCsiServer(parts: CsiParts): CsiServer {
  const { silence, answer } = parts.patience ?? usualPatience;
  const server = new Server({
    'grpc.max_receive_message_length': longestMessage,
    // After a broken header block (one field of more than 64 KiB is enough), Node reads no more of the connection, but leaves it
    // open. A client that is still writing waits for the close, forever.
    'grpc.keepalive_time_ms': silence,
    'grpc.keepalive_timeout_ms': answer,
  });
  server.addService(csiService('Identity'), identityService(parts));
  if (parts.mode !== 'node') server.addService(csiService('Controller'), controllerService(parts));
  if (parts.mode !== 'controller') server.addService(csiService('Node'), nodeService(parts));
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const connections = new Set<Duplex>();
  let isClosing = false;
  return {
    take(connection) {
      connections.add(connection);
      connection.once('close', () => connections.delete(connection));
      injector.injectConnection(connection);
    },
    close() {
      if (!isClosing) server.tryShutdown(() => undefined);
      isClosing = true;
    },
    end() {
      server.forceShutdown();
      // It knows only the connections that it keeps statistics of.
      for (const connection of connections) connection.destroy();
    },
  };
}
