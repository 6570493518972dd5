import { join } from 'node:path';
import { compare, type Figure } from '../compare.ts';
import { openFloors } from '../floors.ts';
import { callFor, freshNames } from '../holdfast.ts';
import { type LoadConnection, openConnection } from '../load-client.ts';
import { measureParallel, median } from '../measure.ts';
import type { ServerProcess } from '../server-process.ts';
import type { Workshop } from '../workshop.ts';
import { type DiskSteps, openDiskSteps } from './disk-steps.ts';

const usualRounds = 10;
const writes = { warmUp: 10, times: 50 };
const lanes = 16;
const manyWrites = { warmUp: 16, times: 160 };

/** Creates and removes volumes, one after the other and 16 at once. Returns Create's ratio to the floor. */
export async function benchCreates(
  { report, folder }: Workshop,
  server: ServerProcess,
  volumes: number,
  rounds = usualRounds,
): Promise<number> {
  const connections = await Promise.all(
    Array.from({ length: lanes }, () => openConnection(server.socketPath)),
  );
  const [connection] = connections;
  if (connection === undefined) throw new Error('no connection was opened');
  const call = callFor(connection);
  const floors = await openFloors(folder);
  const steps = openDiskSteps(join(folder, `beside-${volumes}`), volumes);
  const name = freshNames();
  const names: string[] = [];
  report.heading(`Creating and removing, ${volumes} volumes`);
  const figures = await compare(
    rounds,
    { name: 'one fsynced atomic file replacement', effort: writes, act: floors.replacement },
    [
      { name: "a Create's steps on the disk alone", effort: writes, act: steps.create },
      { name: "a Remove's steps on the disk alone", effort: writes, act: steps.remove },
      { name: 'Create', effort: writes, act: () => call('Create', names[names.push(name()) - 1] ?? '') },
      { name: 'Remove', effort: writes, act: () => call('Remove', names.pop() ?? '') },
    ],
  );
  report.comparison(figures);
  await benchAtOnce({ report }, { connections, server, steps, rounds }, name);
  for (const each of connections) each.close();
  await floors.close();
  return ratioOf(figures, 'Create');
}

interface AtOnce {
  readonly connections: readonly LoadConnection[];
  readonly server: ServerProcess;
  readonly steps: DiskSteps;
  readonly rounds: number;
}

/** In turns: some by one connection, then as many by 16; the same for the disk's steps alone, which are the floor. */
async function benchAtOnce(
  { report }: Pick<Workshop, 'report'>,
  { connections, server, steps, rounds }: AtOnce,
  name: () => string,
): Promise<void> {
  const names: string[] = [];
  const acts = {
    Create: (lane: number) => callAt(connections, lane, 'Create', names[names.push(name()) - 1]),
    Remove: (lane: number) => callAt(connections, lane, 'Remove', names.pop()),
  };
  const floors = { Create: steps.create, Remove: steps.remove };
  const found = { Create: [] as Gain[], Remove: [] as Gain[] };
  for (let round = 0; round < rounds; round += 1)
    for (const method of ['Create', 'Remove'] as const) {
      const floor = await gainOf(floors[method]);
      const before = server.processorTime();
      const gain = await gainOf(acts[method]);
      const each = (server.processorTime() - before) / (2 * (manyWrites.warmUp + manyWrites.times));
      found[method].push({ gain, floor, each });
    }
  for (const [method, gains] of Object.entries(found)) {
    const of = (figure: keyof Gain) => median(gains.map((one) => one[figure]));
    report.line(
      `\n${method}, ${lanes} at once: ${of('gain').toFixed(1)} × as many per second as one at a time; the steps on the disk alone: ${of('floor').toFixed(1)} ×. Processor time of one: ${of('each').toFixed(2)} ms.`,
    );
  }
}

interface Gain {
  readonly gain: number;
  readonly floor: number;
  /** Milliseconds of processor time. */
  readonly each: number;
}

async function gainOf(act: (lane: number) => Promise<unknown>): Promise<number> {
  const one = await measureParallel(1, manyWrites, act);
  const many = await measureParallel(lanes, manyWrites, act);
  return many.rate / one.rate;
}

async function callAt(
  connections: readonly LoadConnection[],
  lane: number,
  method: string,
  name = '',
): Promise<void> {
  const connection = connections[lane];
  if (connection) await callFor(connection)(method, name);
}

function ratioOf(figures: readonly Figure[], name: string): number {
  return figures.find((figure) => figure.name === name)?.ratio ?? Number.NaN;
}
