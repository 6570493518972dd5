import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { LoadConnection } from './load-client.ts';
import { openConnection } from './load-client.ts';
import { measureParallel } from './measure.ts';
import { type ServerProcess, startServer } from './server-process.ts';

/** The built daemon over its own folder. Its ledger is in memory, as `/run` usually is. The default driver is a local one. */
export function startHoldfast(
  folder: string,
  runtimeDir: string,
  driver: object = { backend: 'local', settings: { root: `${folder}/volumes` } },
  program = join(process.cwd(), 'dist/main.js'),
  flags: readonly string[] = [],
  more: object = {},
): Promise<ServerProcess> {
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
      // JSON is valid YAML.
      `drivers: ${JSON.stringify({ holdfast: driver })}`,
      ...Object.entries(more).map(([key, value]) => `${key}: ${JSON.stringify(value)}`),
    ].join('\n'),
  );
  return startServer([...flags, program, 'serve', '--config', config], `${folder}/plugins/holdfast.sock`);
}

/** Packs the tarball, unpacks it, and returns the path of its program. */
export function unpackTarball(folder: string): string {
  execFileSync(process.execPath, ['scripts/tarball.mjs', '--output', folder]);
  const [file = ''] = readdirSync(folder);
  execFileSync('tar', ['-xzf', file], { cwd: folder });
  return join(folder, file.replace('.tar.gz', ''), 'dist/main.js');
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

/** Names that no volume has. */
export function freshNames(): () => string {
  let count = 0;
  const run = Math.random().toString(36).slice(2, 8);
  return () => `new-${run}-${count++}`;
}

/** How many volumes List names. */
export function countVolumes(socketPath: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, path: '/VolumeDriver.List', method: 'POST' }, async (response) => {
      const answer = await text(response);
      resolve(answer.split('"Name":').length - 1);
    });
    asking.on('error', reject);
    asking.end('{}');
  });
}
