import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadConnection } from './load-client.ts';
import { openConnection } from './load-client.ts';
import { measureParallel } from './measure.ts';
import { type ServerProcess, startServer } from './server-process.ts';

/** The built daemon over a folder of its own; its ledger lies in memory, as `/run` usually does. */
export function startHoldfast(folder: string, runtimeDir: string): Promise<ServerProcess> {
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'config.yaml');
  writeFileSync(
    config,
    [
      `mountRoot: ${folder}/mnt`,
      `stateDir: ${folder}/state`,
      `runtimeDir: ${runtimeDir}`,
      `socketDir: ${folder}/plugins`,
      `adminSocket: ${folder}/admin.sock`,
      'log: { level: warn }',
      `drivers: { holdfast: { backend: local, settings: { root: ${folder}/volumes } } }`,
    ].join('\n'),
  );
  return startServer(
    [join(process.cwd(), 'dist/main.js'), 'serve', '--config', config],
    `${folder}/plugins/holdfast.sock`,
  );
}

export function callFor(connection: LoadConnection) {
  return (method: string, name: string, more: object = {}): Promise<void> =>
    connection.call(`/VolumeDriver.${method}`, JSON.stringify({ Name: name, ...more }));
}

/** Creates the volumes v<from> to v<to - 1>. */
export async function createVolumes(socketPath: string, from: number, to: number): Promise<void> {
  const connections = await Promise.all(Array.from({ length: 16 }, () => openConnection(socketPath)));
  await measureParallel(16, { warmUp: 0, times: to - from }, async (lane, index) => {
    const connection = connections[lane];
    if (connection) await callFor(connection)('Create', `v${from + index}`);
  });
  for (const connection of connections) connection.close();
}
