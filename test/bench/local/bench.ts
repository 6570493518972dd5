import { join } from 'node:path';
import { startFloor } from '../floor-server.ts';
import { callFor, createVolumes, startHoldfast } from '../holdfast.ts';
import { openConnection } from '../load-client.ts';
import { measureParallel, median, repeat } from '../measure.ts';
import { emptyHandler, type ServerProcess, startServer } from '../server-process.ts';
import type { Workshop } from '../workshop.ts';
import { benchCreates } from './creates.ts';
import { benchImages } from './images.ts';
import { benchManyMounted, benchMounts, benchMountsAtOnce } from './mounts.ts';
import { benchLists, benchReads } from './reads.ts';

/** Measures the protocol, the local backend and the start. */
export async function benchLocal(workshop: Workshop): Promise<void> {
  const { report, folder, memory } = workshop;
  const empty = await startFloor(folder, emptyHandler);
  const server = await startHoldfast(join(folder, 'holdfast'), memory);
  const connection = await openConnection(server.socketPath);
  try {
    const before = server.memory();
    await createVolumes(server.socketPath, 0, 100);
    await benchReads(workshop, connection, 100, empty);
    await benchMounts(workshop, connection, 'Mounting, with the ledger on, 1 volume mounted');
    await benchMountsAtOnce(workshop, server.socketPath);
    await benchImages(workshop, connection, server.socketPath);
    const few = await benchCreates(workshop, server, 100);
    await createVolumes(server.socketPath, 100, 1001);
    await benchManyMounted(workshop, connection, server.memory);
    await createVolumes(server.socketPath, 1001, 10_000);
    await benchReads(workshop, connection, 10_000, empty);
    await benchLists(workshop, connection, server, 10_000);
    const many = await benchCreates(workshop, server, 10_000);
    report.line(
      `\nCreate at 10,000 volumes is ${(many / few).toFixed(2)} × Create at 100, each as its ratio to the floor.`,
    );
    await benchConnections(workshop, server, empty.server);
    report.line(
      `\nResident memory: ${before.toFixed(0)} MB at the start, ${server.memory().toFixed(0)} MB after all of this.`,
    );
    report.line(`The empty handler: ${empty.server.memory().toFixed(0)} MB.`);
  } finally {
    connection.close();
    await server.stop();
    empty.connection.close();
    await empty.server.stop();
  }
  await benchStart(workshop);
}

async function benchConnections(
  { report }: Workshop,
  server: ServerProcess,
  empty: ServerProcess,
): Promise<void> {
  report.line('\n### Many connections: Get, 10,000 volumes\n');
  report.line('| connections | Get per second | empty handler per second | ratio |');
  report.line('|---|---|---|---|');
  for (const lanes of [1, 4, 16, 64, 256]) {
    const floor = median(await repeat(3, () => rateOf(empty, lanes)));
    const rate = median(await repeat(3, () => rateOf(server, lanes)));
    report.line(`| ${lanes} | ${rate.toFixed(0)} | ${floor.toFixed(0)} | ${(rate / floor).toFixed(2)} |`);
  }
}

async function rateOf({ socketPath }: ServerProcess, lanes: number): Promise<number> {
  const connections = await Promise.all(Array.from({ length: lanes }, () => openConnection(socketPath)));
  const timing = await measureParallel(lanes, { warmUp: 1000, times: 10_000 }, async (lane, index) => {
    const connection = connections[lane];
    if (connection) await callFor(connection)('Get', `v${index % 10_000}`);
  });
  for (const connection of connections) connection.close();
  return timing.rate;
}

/** The folder has 10,000 volumes at this point. */
async function benchStart({ report, folder, memory }: Workshop): Promise<void> {
  const full = await startTimes(join(folder, 'holdfast'), memory);
  const none = await startTimes(join(folder, 'empty'), memory);
  const path = join(folder, 'floor.sock');
  const floor = median(
    await repeat(5, async () => firstAnswerOf(await startServer(['-e', emptyHandler, path], path))),
  );
  report.line('\n### From exec to the first answer\n');
  report.line('| what | median | ratio |');
  report.line('|---|---|---|');
  report.line(`| empty \`node:http\` handler | ${floor.toFixed(0)} ms | 1 (floor) |`);
  report.line(`| no volumes | ${none.toFixed(0)} ms | ${(none / floor).toFixed(2)} × |`);
  report.line(`| 10,000 volumes | ${full.toFixed(0)} ms | ${(full / floor).toFixed(2)} × |`);
}

async function startTimes(home: string, memory: string): Promise<number> {
  return median(await repeat(5, async () => firstAnswerOf(await startHoldfast(home, memory))));
}

async function firstAnswerOf(server: ServerProcess): Promise<number> {
  await server.stop();
  return server.firstAnswer;
}
