import type { Socket } from 'node:net';
import type { Request, Response } from 'express';
import type { Caller } from '../driver/volume-driver.ts';

/** Who waits for this response: gone once the connection is closed. */
export function callerOf(response: Response): Caller {
  let gone = false;
  response.once('close', () => {
    gone = true;
  });
  return { gone: () => gone };
}

/** Knows whether answers reached their callers. */
export interface Deliveries {
  /** A call came: whatever was answered before on its connection was read. */
  begin(request: Request): void;
  /** Runs `undo` once if the caller turns out not to have read the answer to this request. */
  watch(request: Request, response: Response, undo: () => Promise<void>): void;
}

interface Watched {
  undo: (() => Promise<void>) | undefined;
}

/**
 * Node calls a response finished once it was handed to the socket, though nobody may be at its other end. Of a Unix
 * socket the kernel tells: writing to one whose peer is gone is EPIPE, and a peer that closes with the answer unread
 * makes our next read ECONNRESET. Both come as an error of the socket before another call on it.
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
