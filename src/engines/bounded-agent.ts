import { Agent } from 'node:http';
import { createConnection, type NetConnectOpts, type Socket } from 'node:net';

export interface BoundedAgent {
  readonly agent: Agent;
  /** Rejects once a connection is lost, even if its answer was complete. */
  readonly lost: Promise<never>;
}

/** Milliseconds: an answer that ends with its connection has arrived by then. */
const leeway = 100;

/**
 * Connections with a limit of bytes. dockerode reads an answer of any length to its end, and waits forever for
 * the rest of an incomplete one.
 */
export function boundedAgent(mostBytes: number): BoundedAgent {
  let lose: (reason: Error) => void = () => undefined;
  const lost = new Promise<never>((_, reject) => {
    lose = reject;
  });
  // A caller that has its answer by then does not wait for this.
  lost.catch(() => undefined);
  const connect = (options: NetConnectOpts): Socket => {
    const socket = createConnection(options);
    socket.once('connect', () =>
      socket.on('data', () => {
        if (socket.bytesRead > mostBytes)
          socket.destroy(new Error(`the answer is larger than ${mostBytes} bytes`));
      }),
    );
    socket.on('error', lose);
    socket.on('close', () => setTimeout(lose, leeway, new Error('the connection was closed early')).unref());
    return socket;
  };
  const agent = new Agent({ keepAlive: false });
  return { agent: Object.assign(agent, { createConnection: connect }), lost };
}
