import type { Socket } from 'node:net';

/** The state of a connection: made at its first call, and dropped with the connection. */
export function perConnection<T>(make: (socket: Socket) => T): (socket: Socket) => T {
  const made = new WeakMap<Socket, { readonly value: T }>();
  return (socket) => {
    const found = made.get(socket) ?? { value: make(socket) };
    made.set(socket, found);
    return found.value;
  };
}
