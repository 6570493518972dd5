import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { rename } from 'node:fs/promises';
import { createServer } from 'node:net';

export const oddKinds = ['fifo', 'socket', 'device'] as const;
export type OddKind = (typeof oddKinds)[number];

/** Creates one. The device is /dev/zero, which never ends. Needs root. */
export async function putOdd(kind: OddKind, path: string): Promise<void> {
  if (kind === 'fifo') execFileSync('mknod', [path, 'p']);
  else if (kind === 'device') execFileSync('mknod', [path, 'c', '1', '5']);
  else await leaveSocket(path);
}

/** Leaves a socket file behind: a closing server would remove it under its own name. */
async function leaveSocket(path: string): Promise<void> {
  const server = createServer().listen(`${path}-`);
  await once(server, 'listening');
  await rename(`${path}-`, path);
  server.close();
  await once(server, 'close');
}
