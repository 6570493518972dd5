import { join } from 'node:path';
import { compare } from './compare.ts';
import { type FloorServer, startFloor } from './floor-server.ts';
import { openFloors } from './floors.ts';
import { callFor, createVolumes, freshNames, startHoldfast } from './holdfast.ts';
import { type LoadConnection, openConnection } from './load-client.ts';
import { measureParallel, median, repeat } from './measure.ts';
import {
  emptyHandler,
  mountingExpress,
  type ServerProcess,
  startServer,
  stockExpress,
} from './server-process.ts';
import type { Workshop } from './workshop.ts';

const reads = { warmUp: 300, times: 1000 };
const writes = { warmUp: 10, times: 50 };
const rounds = 10;

/** Measures the protocol, the local backend and the start. */
export async function benchLocal(workshop: Workshop): Promise<void> {
  const { report, folder, memory } = workshop;
  const empty = await startFloor(folder, emptyHandler);
  const server = await startHoldfast(join(folder, 'holdfast'), memory);
  const connection = await openConnection(server.socketPath);
  try {
    const before = server.memory();
    await createVolumes(server.socketPath, 0, 1);
    await benchReads(workshop, connection, 1, empty);
    await benchMounts(workshop, connection);
    await createVolumes(server.socketPath, 1, 100);
    const few = await benchCreate(workshop, connection, 100);
    await createVolumes(server.socketPath, 100, 1000);
    await benchReads(workshop, connection, 1000, empty);
    await createVolumes(server.socketPath, 1000, 10_000);
    await benchReads(workshop, connection, 10_000, empty);
    const many = await benchCreate(workshop, connection, 10_000);
    report.line(
      `\nCreate at 10,000 volumes is ${(many / few).toFixed(2)} × Create at 100, each as its ratio to the floor.`,
    );
    await benchConnections(workshop, server, empty);
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

/** Measures read-only calls. The floor is the empty handler. */
async function benchReads(
  { report, folder }: Workshop,
  connection: LoadConnection,
  volumes: number,
  empty: FloorServer,
): Promise<void> {
  const call = callFor(connection);
  const stock = await startFloor(folder, stockExpress);
  const lists = { warmUp: 10, times: volumes > 1000 ? 50 : 500 };
  const floor = {
    name: 'empty `node:http` handler',
    effort: reads,
    act: () => callFor(empty.connection)('Get', 'v0'),
  };
  report.heading(`Reading, ${volumes} volume(s): one connection`);
  const short = await compare(rounds, floor, [
    { name: 'stock Express, a constant', effort: reads, act: () => callFor(stock.connection)('Get', 'v0') },
    { name: 'Activate', effort: reads, act: () => connection.call('/Plugin.Activate', '') },
    { name: 'Get', effort: reads, act: (index) => call('Get', `v${index % volumes}`) },
  ]);
  // Measured separately: a List of 10,000 volumes is a megabyte, which empties the caches for the next measurement.
  const long = await compare(rounds, floor, [
    { name: 'List', effort: lists, act: () => connection.call('/VolumeDriver.List', '{}') },
  ]);
  report.comparison([...short, ...long.slice(1)]);
  stock.connection.close();
  await stock.server.stop();
}

/** Mounts and unmounts v0, then a loop image. */
async function benchMounts({ report, folder }: Workshop, connection: LoadConnection): Promise<void> {
  const call = callFor(connection);
  const floors = await openFloors(folder);
  await call('Create', 'image', { Opts: { size: '64MiB' } });
  const pair = (name: string) => async () => {
    await call('Mount', name, { ID: 'a' });
    await call('Unmount', name, { ID: 'a' });
  };
  const express = await startFloor(folder, mountingExpress(folder));
  const expressPair = async () => {
    await callFor(express.connection)('Mount', 'v0', { ID: 'a' });
    await callFor(express.connection)('Unmount', 'v0', { ID: 'a' });
  };
  report.heading('Mounting, with the ledger on');
  const figures = await compare(
    rounds,
    { name: 'one spawned `mount --bind` + `umount`', effort: writes, act: floors.spawned },
    [
      { name: 'mount(2) + umount2(2) by system call', effort: writes, act: floors.systemCalls },
      { name: 'Express with the same two calls', effort: writes, act: expressPair },
      { name: 'Mount + Unmount, directory', effort: writes, act: pair('v0') },
      { name: 'Mount + Unmount, ext4 image', effort: { warmUp: 2, times: 20 }, act: pair('image') },
    ],
  );
  report.comparison(figures);
  await call('Remove', 'image');
  express.connection.close();
  await express.server.stop();
  await floors.close();
}

/** Returns Create's ratio to the floor. */
async function benchCreate(
  { report, folder }: Workshop,
  connection: LoadConnection,
  volumes: number,
): Promise<number> {
  const call = callFor(connection);
  const floors = await openFloors(folder);
  const name = freshNames();
  report.heading(`Creating and removing, ${volumes} volumes`);
  const names: string[] = [];
  const figures = await compare(
    rounds,
    { name: 'one fsynced atomic file replacement', effort: writes, act: floors.replacement },
    [
      { name: 'Create', effort: writes, act: () => call('Create', names[names.push(name()) - 1] ?? '') },
      { name: 'Remove', effort: writes, act: () => call('Remove', names.pop() ?? '') },
    ],
  );
  report.comparison(figures);
  await floors.close();
  return figures[1]?.ratio ?? Number.NaN;
}

async function benchConnections(
  { report }: Workshop,
  server: ServerProcess,
  empty: FloorServer,
): Promise<void> {
  report.line('\n### Many connections: Get, 10,000 volumes\n');
  report.line('| connections | Get per second | empty handler per second | ratio |');
  report.line('|---|---|---|---|');
  for (const lanes of [1, 4, 16, 64, 256]) {
    const floor = median(await repeat(3, () => rateOf(empty.server, lanes)));
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
