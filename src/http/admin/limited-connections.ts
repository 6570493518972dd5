import type { Server, Socket } from 'node:net';

type Ends = Pick<Socket, 'remoteAddress' | 'remotePort'>;

export interface LimitedConnections {
  /** The caller on this connection has shown the token, so its connection is kept. */
  trust(connection: Ends): void;
}

/**
 * Keeps a server at this number of connections. A new one replaces the oldest whose caller has not shown the token, so that strangers
 * cannot keep out those who have it. If there is none, the new one is closed.
 */
export function limitConnections(server: Server, most: number): LimitedConnections {
  // By address and port, because a request by TLS is not on the socket of its connection. The oldest first.
  const strangers = new Map<string, Socket>();
  const trusted = new Set<string>();

  server.on('connection', (connection: Socket) => {
    const key = keyOf(connection);
    const [oldest] = strangers;
    if (strangers.size + trusted.size >= most) {
      if (oldest === undefined) return void connection.destroy();
      strangers.delete(oldest[0]);
      oldest[1].destroy();
    }
    strangers.set(key, connection);
    connection.once('close', () => {
      if (strangers.get(key) === connection) strangers.delete(key);
      trusted.delete(key);
    });
  });
  return {
    trust(connection) {
      const key = keyOf(connection);
      if (strangers.delete(key)) trusted.add(key);
    },
  };
}

function keyOf({ remoteAddress, remotePort }: Ends): string {
  return `${remoteAddress} ${remotePort}`;
}
