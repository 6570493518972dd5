import { join } from 'node:path';
import { type LoadConnection, openConnection } from './load-client.ts';
import { type ServerProcess, startServer } from './server-process.ts';

/** A server program for server-process.ts, measured for comparison with Holdfast. */
export interface FloorServer {
  readonly server: ServerProcess;
  readonly connection: LoadConnection;
}

export async function startFloor(folder: string, program: string): Promise<FloorServer> {
  const path = join(folder, `${Math.random()}.sock`);
  const server = await startServer(['-e', program, path], path);
  return { server, connection: await openConnection(path) };
}
