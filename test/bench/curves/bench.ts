import { join } from 'node:path';
import { startFloor } from '../floor-server.ts';
import { callFor, createVolumes, freshNames, startHoldfast } from '../holdfast.ts';
import { type LoadConnection, openConnection } from '../load-client.ts';
import { measure, measureParallel, type Timing } from '../measure.ts';
import { emptyHandler, type ServerProcess } from '../server-process.ts';
import type { Workshop } from '../workshop.ts';

/** The tables of the results that `plot` draws. */
export const byVolumes = 'Latency by number of volumes';
export const byConnections = 'Latency by number of connections';

const counts = [1, 10, 100, 1000, 10_000];
const lanes = [1, 4, 16, 64, 256];

/** Latency against the number of volumes, and of connections; kept in the results, from which `plot` draws. */
export async function benchCurves(workshop: Workshop): Promise<void> {
  const { report, folder, memory } = workshop;
  const empty = await startFloor(folder, emptyHandler);
  const server = await startHoldfast(join(folder, 'curves'), memory);
  const connection = await openConnection(server.socketPath);
  const keep = (table: string, name: string, { p50, p95 }: Timing) => {
    report.keep({ table, name, p50, p95, ratios: [] });
    report.line(`| ${name} | ${p50.toFixed(0)} µs | ${p95.toFixed(0)} µs |`);
  };
  try {
    let made = 0;
    report.line(`\n### ${byVolumes}\n\n| what | p50 | p95 |\n|---|---|---|`);
    for (const count of counts) {
      await createVolumes(server.socketPath, made, count);
      made = count;
      for (const [name, timing] of await measureCalls(connection, count))
        keep(byVolumes, `${name}, ${count}`, timing);
    }
    report.line(`\n### ${byConnections}\n\n| what | p50 | p95 |\n|---|---|---|`);
    for (const count of lanes) {
      keep(byConnections, `empty handler, ${count}`, await measureGets(empty.server, count));
      keep(byConnections, `Get, ${count}`, await measureGets(server, count));
    }
  } finally {
    connection.close();
    await server.stop();
    empty.connection.close();
    await empty.server.stop();
  }
}

async function measureCalls(
  connection: LoadConnection,
  volumes: number,
): Promise<readonly (readonly [string, Timing])[]> {
  const call = callFor(connection);
  const name = freshNames();
  const names: string[] = [];
  const few = { warmUp: 5, times: 60 };
  const pair = async () => {
    await call('Mount', 'v0', { ID: 'a' });
    await call('Unmount', 'v0', { ID: 'a' });
  };
  const created = await measure(few, () => call('Create', names[names.push(name()) - 1] ?? ''));
  const removed = await measure(few, () => call('Remove', names.pop() ?? ''));
  return [
    ['Get', await measure({ warmUp: 200, times: 2000 }, (index) => call('Get', `v${index % volumes}`))],
    ['List', await measure({ warmUp: 5, times: 100 }, () => connection.call('/VolumeDriver.List', '{}'))],
    ['Mount + Unmount', await measure({ warmUp: 20, times: 300 }, pair)],
    ['Create', created],
    ['Remove', removed],
  ];
}

async function measureGets({ socketPath }: ServerProcess, count: number): Promise<Timing> {
  const connections = await Promise.all(Array.from({ length: count }, () => openConnection(socketPath)));
  const timing = await measureParallel(count, { warmUp: 1000, times: 10_000 }, async (lane, index) => {
    const connection = connections[lane];
    if (connection) await callFor(connection)('Get', `v${index % 10_000}`);
  });
  for (const connection of connections) connection.close();
  return timing;
}
