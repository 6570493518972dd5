import { compare } from '../compare.ts';
import { startFloor } from '../floor-server.ts';
import { openFloors } from '../floors.ts';
import { callFor } from '../holdfast.ts';
import { type LoadConnection, openConnection } from '../load-client.ts';
import { measureParallel, median } from '../measure.ts';
import { mountingExpress } from '../server-process.ts';
import type { Workshop } from '../workshop.ts';

const rounds = 10;
const writes = { warmUp: 10, times: 50 };
const lanes = 16;
const mounted = 1000;

/** Mounts and unmounts v0. */
export async function benchMounts(
  { report, folder }: Workshop,
  connection: LoadConnection,
  title: string,
): Promise<void> {
  const floors = await openFloors(folder);
  const express = await startFloor(folder, mountingExpress(folder));
  const pairOf = (on: LoadConnection) => async () => {
    await callFor(on)('Mount', 'v0', { ID: 'a' });
    await callFor(on)('Unmount', 'v0', { ID: 'a' });
  };
  report.heading(title, 'p95');
  report.comparison(
    await compare(
      rounds,
      { name: 'Express with the same two calls', effort: writes, act: pairOf(express.connection) },
      [
        { name: 'mount(2) + umount2(2) by system call', effort: writes, act: floors.systemCalls },
        { name: 'one spawned `mount --bind` + `umount`', effort: writes, act: floors.spawned },
        { name: 'Mount + Unmount', effort: writes, act: pairOf(connection) },
      ],
    ),
    'p95',
  );
  express.connection.close();
  await express.server.stop();
  await floors.close();
}

/** Mounts and unmounts 16 volumes at once, beside 16 spawned pairs at once. */
export async function benchMountsAtOnce({ report, folder }: Workshop, socketPath: string): Promise<void> {
  const floors = await openFloors(folder);
  const connections = await Promise.all(Array.from({ length: lanes }, () => openConnection(socketPath)));
  const gains: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const spawned = await measureParallel(lanes, { warmUp: lanes, times: 4 * lanes }, (lane) =>
      floors.spawnedAt(lane),
    );
    const ours = await measureParallel(lanes, { warmUp: lanes, times: 20 * lanes }, async (lane) => {
      const connection = connections[lane];
      if (connection === undefined) return;
      await callFor(connection)('Mount', `v${lane}`, { ID: 'a' });
      await callFor(connection)('Unmount', `v${lane}`, { ID: 'a' });
    });
    gains.push(ours.rate / spawned.rate);
  }
  report.line(
    `\nMount + Unmount, ${lanes} at once: ${median(gains).toFixed(1)} × as many per second as with spawned programs.`,
  );
  for (const connection of connections) connection.close();
  await floors.close();
}

/** With v1 to v1000 mounted. Prints what they take of memory. */
export async function benchManyMounted(
  workshop: Workshop,
  connection: LoadConnection,
  memory: () => number,
): Promise<void> {
  const call = callFor(connection);
  const before = memory();
  for (let index = 1; index <= mounted; index += 1) await call('Mount', `v${index}`, { ID: 'a' });
  const grown = memory() - before;
  await benchMounts(workshop, connection, `Mounting, ${mounted} volumes mounted`);
  workshop.report.line(`\n${mounted} mounted volumes: ${grown.toFixed(1)} MB more resident memory.`);
  for (let index = 1; index <= mounted; index += 1) await call('Unmount', `v${index}`, { ID: 'a' });
}
