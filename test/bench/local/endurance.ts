import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { startFloor } from '../floor-server.ts';
import { callFor, createVolumes, startHoldfast } from '../holdfast.ts';
import { openConnection } from '../load-client.ts';
import { measureParallel } from '../measure.ts';
import { mountingExpress, type ServerProcess } from '../server-process.ts';
import type { Workshop } from '../workshop.ts';

const lanes = 16;
const volumes = 100;
const steps = [10_000, 1_000_000];
/** Milliseconds. */
const [soon, toRest] = [5_000, 40_000];

/** What a daemon takes of memory after many calls: nine Gets, then a Mount and an Unmount, again and again. */
export async function benchEndurance({ report, folder, memory }: Workshop): Promise<void> {
  const snapshots = join(folder, 'snapshots');
  mkdirSync(snapshots, { recursive: true });
  const flags = ['--heapsnapshot-signal=SIGUSR2', `--diagnostic-dir=${snapshots}`];
  // By another daemon: a snapshot takes more memory than all the rest.
  const ours = (name: string, own: readonly string[]) =>
    startHoldfast(join(folder, name), join(memory, name), undefined, undefined, own);
  const resident = await afterEachStep(await withVolumes(ours('resident', [])), residentOf);
  const heap = await afterEachStep(await withVolumes(ours('heap', flags)), (server) =>
    heapOf(server, snapshots),
  );
  for (const name of ['source', 'target']) mkdirSync(join(folder, name), { recursive: true });
  const { server, connection } = await startFloor(folder, mountingExpress(folder));
  connection.close();
  const floor = await afterEachStep(server, residentOf);
  report.line('\n### Memory after many calls\n');
  report.line(
    '| calls | resident, at once | at rest | heap, after a garbage collection | floor, at once | at rest |',
  );
  report.line('|---|---|---|---|---|---|');
  for (const [index, step] of steps.entries())
    report.line(
      `| ${step} | ${megabytes(resident[index])} | ${heap[index]?.toFixed(1)} MB | ${megabytes(floor[index])} |`,
    );
  report.line('\nThe floor is Express with the system calls alone.');
}

/** Right after the calls, and once the daemon has had time to find that it rests. */
async function residentOf(server: ServerProcess): Promise<readonly number[]> {
  await sleep(soon);
  const atOnce = server.memory();
  await sleep(toRest);
  return [atOnce, server.memory()];
}

function megabytes(figures: readonly number[] | undefined): string {
  return figures?.map((figure) => `${figure.toFixed(0)} MB`).join(' | ') ?? '';
}

async function withVolumes(starting: Promise<ServerProcess>): Promise<ServerProcess> {
  const server = await starting;
  await createVolumes(server.socketPath, 0, volumes);
  return server;
}

/** Stops the server at the end. */
async function afterEachStep<T>(
  server: ServerProcess,
  look: (server: ServerProcess) => Promise<T>,
): Promise<readonly T[]> {
  const found: T[] = [];
  let done = 0;
  try {
    for (const step of steps) {
      await makeCalls(server.socketPath, step - done);
      done = step;
      found.push(await look(server));
    }
    return found;
  } finally {
    await server.stop();
  }
}

async function makeCalls(socketPath: string, count: number): Promise<void> {
  const connections = await Promise.all(Array.from({ length: lanes }, () => openConnection(socketPath)));
  await measureParallel(lanes, { warmUp: 0, times: Math.round(count / 11) }, async (lane, index) => {
    const connection = connections[lane];
    if (connection === undefined) return;
    const call = callFor(connection);
    for (let get = 0; get < 9; get += 1) await call('Get', `v${(index + get) % volumes}`);
    await call('Mount', `v${lane}`, { ID: 'a' });
    await call('Unmount', `v${lane}`, { ID: 'a' });
  });
  for (const connection of connections) connection.close();
}

const snapshotSchema = z.object({
  snapshot: z.object({ meta: z.object({ node_fields: z.array(z.string()) }) }),
  nodes: z.array(z.number()),
});

/** MB of all that is reachable: V8 collects the garbage before it writes a snapshot. */
async function heapOf(server: ServerProcess, folder: string): Promise<number> {
  const known = new Set(readdirSync(folder));
  process.kill(server.pid, 'SIGUSR2');
  for (;;) {
    await sleep(500);
    const file = readdirSync(folder).find((name) => !known.has(name));
    const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8');
    if (text.endsWith('}') || text.endsWith('}\n')) return sizeOf(text);
  }
}

function sizeOf(text: string): number {
  const { snapshot, nodes } = snapshotSchema.parse(JSON.parse(text));
  const { node_fields: fields } = snapshot.meta;
  let bytes = 0;
  for (let at = fields.indexOf('self_size'); at < nodes.length; at += fields.length) bytes += nodes[at] ?? 0;
  return bytes / 1024 ** 2;
}
