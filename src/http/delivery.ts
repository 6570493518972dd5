import type { Socket } from 'node:net';
import type { Request, Response } from 'express';
import type { Caller } from '../driver/volume-driver.ts';

/** The caller that waits for this response. It is gone once the connection is closed. */
export function callerOf(response: Response): Caller {
  let gone = false;
  response.once('close', () => {
    gone = true;
  });
  return { gone: () => gone };
}

/** Knows whether answers reached their callers. */
export interface Deliveries {
  /** A call arrived, so the earlier answers on its connection were read. */
  begin(request: Request): void;
  /** Runs `undo` once if the caller did not read the answer to this request. */
  watch(request: Request, response: Response, undo: () => Promise<void>): void;
}

interface Watched {
  undo: (() => Promise<void>) | undefined;
}

/**
 * Node calls a response finished once it was handed to the socket, even if the peer is gone. The kernel tells more about a Unix
 * socket: writing to a gone peer is EPIPE, and after a peer that closes with the answer unread, our next read is ECONNRESET. Both
 * come as an error of the socket before another call on it.
 */
export function createDeliveries(): Deliveries {
  const connections = new WeakMap<Socket, Watched>();

  return {
    begin({ socket }) {
      const watched = connections.get(socket);
      if (watched) watched.undo = undefined;
    },
    watch({ socket }, response, undo) {
      if (socket.destroyed || response.destroyed) return void undo();
      const watched = connections.get(socket) ?? watchErrors(socket);
      watched.undo = undo;
      connections.set(socket, watched);
    },
  };
}

function watchErrors(socket: Socket): Watched {
  const watched: Watched = { undo: undefined };
  socket.once('error', () => void watched.undo?.());
  return watched;
}
