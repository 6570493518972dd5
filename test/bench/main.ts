import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Floors, measureFloors } from './floors.ts';
import { callFor, createVolumes, startHoldfast } from './holdfast.ts';
import { type LoadConnection, openConnection } from './load-client.ts';
import { measure, measureParallel, median, type Timing } from './measure.ts';
import { createReport } from './report.ts';
import { emptyHandler, type ServerProcess, startServer, stockExpress } from './server-process.ts';

/** `npm run bench`: prints the figures of docs/performance.md, each beside a floor of the same run. Needs root. */
const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
const report = createReport((line) => process.stdout.write(`${line}\n`));
const reads = { warmUp: 3000, times: 20_000 };
const writes = { warmUp: 50, times: 500 };

interface Named {
  readonly name: string;
  readonly timing: Timing;
}

try {
  const floors = await measureFloors(folder);
  const empty = await benchFloorServers();
  const server = await startHoldfast(join(folder, 'holdfast'));
  const connection = await openConnection(server.socketPath);
  try {
    const before = server.memory();
    await createVolumes(server.socketPath, 0, 1);
    await benchReads(connection, 1, empty);
    await benchMounts(connection, floors);
    await createVolumes(server.socketPath, 1, 100);
    const few = await benchCreate(connection, 100, floors);
    await createVolumes(server.socketPath, 100, 1000);
    await benchReads(connection, 1000, empty);
    await createVolumes(server.socketPath, 1000, 10_000);
    await benchReads(connection, 10_000, empty);
    await benchCreate(connection, 10_000, floors, few);
    await benchConnections(server);
    report.line(
      `\nResident memory: ${before.toFixed(0)} MB at the start, ${server.memory().toFixed(0)} MB after all of this.`,
    );
  } finally {
    connection.close();
    await server.stop();
  }
  await benchStart();
} finally {
  spawnSync('chattr', ['-R', '-i', folder]);
  rmSync(folder, { recursive: true, force: true });
}

/** The empty handler is the floor of all that goes over the wire. */
async function benchFloorServers(): Promise<Named> {
  report.heading('The wire: one connection');
  const floor = { name: 'empty handler', timing: await benchServer(emptyHandler) };
  report.timing('empty `node:http` handler', floor.timing);
  report.timing('stock Express', await benchServer(stockExpress), floor);
  return floor;
}

async function benchServer(program: string): Promise<Timing> {
  const path = join(folder, 'floor.sock');
  const server = await startServer(['-e', program, path], path);
  const connection = await openConnection(path);
  const body = JSON.stringify({ Name: 'v0' });
  const timing = await measure(reads, () => connection.call('/VolumeDriver.Get', body));
  connection.close();
  await server.stop();
  return timing;
}

async function benchReads(connection: LoadConnection, volumes: number, empty: Named): Promise<void> {
  const call = callFor(connection);
  report.heading(`Reading, ${volumes} volume(s): one connection`);
  report.timing('Activate', await measure(reads, () => connection.call('/Plugin.Activate', '')), empty);
  report.timing('Get', await measure(reads, (index) => call('Get', `v${index % volumes}`)), empty);
  const lists = { warmUp: 20, times: volumes > 1000 ? 300 : 2000 };
  report.timing('List', await measure(lists, () => connection.call('/VolumeDriver.List', '{}')), empty);
}

/** Mounts and unmounts v0, then a loop image. */
async function benchMounts(connection: LoadConnection, floors: Floors): Promise<void> {
  const call = callFor(connection);
  const spawned = { name: 'spawned mount + umount', timing: floors.spawned };
  report.heading('Mounting');
  report.timing('one spawned `mount` + `umount`', floors.spawned);
  report.timing('mount(2) + umount2(2) by system call', floors.systemCalls, spawned);
  const pair = (name: string) => async () => {
    await call('Mount', name, { ID: 'a' });
    await call('Unmount', name, { ID: 'a' });
  };
  report.timing('Mount + Unmount, directory', await measure(writes, pair('v0')), spawned);
  await call('Create', 'image', { Opts: { size: '64MiB' } });
  report.timing(
    'Mount + Unmount, ext4 image',
    await measure({ warmUp: 10, times: 100 }, pair('image')),
    spawned,
  );
  await call('Remove', 'image');
}

async function benchCreate(
  connection: LoadConnection,
  volumes: number,
  floors: Floors,
  few?: Timing,
): Promise<Timing> {
  const call = callFor(connection);
  const replacement = { name: 'fsynced replacement', timing: floors.replacement };
  report.heading(`Creating and removing, ${volumes} volumes`);
  report.timing('one fsynced atomic file replacement', floors.replacement);
  const creating = await measure(writes, (index) => call('Create', `new${index}`));
  report.timing('Create', creating, replacement);
  report.timing('Remove', await measure(writes, (index) => call('Remove', `new${index}`)), replacement);
  if (few)
    report.line(`\nCreate at ${volumes} volumes is ${(creating.p50 / few.p50).toFixed(2)} × Create at 100.`);
  return creating;
}

async function benchConnections(server: ServerProcess): Promise<void> {
  report.heading('Many connections: Get, 10,000 volumes');
  for (const lanes of [1, 4, 16, 64, 256]) {
    const connections = await Promise.all(
      Array.from({ length: lanes }, () => openConnection(server.socketPath)),
    );
    const timing = await measureParallel(lanes, reads, async (lane, index) => {
      const connection = connections[lane];
      if (connection) await callFor(connection)('Get', `v${index % 10_000}`);
    });
    report.timing(`${lanes} connection(s)`, timing);
    for (const connection of connections) connection.close();
  }
}

/** The folder has 10,000 volumes by now. */
async function benchStart(): Promise<void> {
  const full = await startTimes(join(folder, 'holdfast'));
  const none = await startTimes(join(folder, 'empty'));
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

async function startTimes(home: string): Promise<number> {
  return median(await repeat(5, async () => firstAnswerOf(await startHoldfast(home))));
}

async function firstAnswerOf(server: ServerProcess): Promise<number> {
  await server.stop();
  return server.firstAnswer;
}

async function repeat<T>(times: number, act: () => Promise<T>): Promise<readonly T[]> {
  const results: T[] = [];
  for (let i = 0; i < times; i += 1) results.push(await act());
  return results;
}
