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

/** The services of the Container Storage Interface, for one driver. */
export function createCsiServer(parts: CsiParts): CsiServer {
  const server = new Server({
    'grpc.max_receive_message_length': longestMessage,
  });
  server.addService(csiService('Identity'), identityService(parts));
  if (parts.mode !== 'node') server.addService(csiService('Controller'), controllerService(parts));
  if (parts.mode !== 'controller') server.addService(csiService('Node'), nodeService(parts));
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  return {
    take: (connection) => injector.injectConnection(connection),
    close: () => server.tryShutdown(() => undefined),
    end: () => server.forceShutdown(),
  };
}
