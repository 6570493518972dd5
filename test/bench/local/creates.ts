import { compare, type Figure } from '../compare.ts';
import { openFloors } from '../floors.ts';
import { callFor, freshNames } from '../holdfast.ts';
import { type LoadConnection, openConnection } from '../load-client.ts';
import { measureParallel, median } from '../measure.ts';
import type { Workshop } from '../workshop.ts';
import { openDiskSteps } from './disk-steps.ts';

const rounds = 10;
const writes = { warmUp: 10, times: 50 };
const lanes = 16;
const manyWrites = { warmUp: 16, times: 160 };

/** Creates and removes volumes, one after the other and 16 at once. Returns Create's ratio to the floor. */
export async function benchCreates(
  { report, folder }: Workshop,
  socketPath: string,
  volumes: number,
): Promise<number> {
  const connections = await Promise.all(Array.from({ length: lanes }, () => openConnection(socketPath)));
  const [connection] = connections;
  if (connection === undefined) throw new Error('no connection was opened');
  const call = callFor(connection);
  const floors = await openFloors(folder);
  const steps = openDiskSteps(folder);
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
  await benchAtOnce({ report }, connections, name);
  for (const each of connections) each.close();
  await floors.close();
  return ratioOf(figures, 'Create');
}

/** In turns: some by one connection, then as many by 16. */
async function benchAtOnce(
  { report }: Pick<Workshop, 'report'>,
  connections: readonly LoadConnection[],
  name: () => string,
): Promise<void> {
  const gains = { Create: [] as number[], Remove: [] as number[] };
  const names: string[] = [];
  const rate = async (count: number, method: 'Create' | 'Remove') => {
    const next = method === 'Create' ? () => names[names.push(name()) - 1] : () => names.pop();
    const act = async (lane: number) => {
      const connection = connections[lane];
      if (connection) await callFor(connection)(method, next() ?? '');
    };
    return (await measureParallel(count, manyWrites, act)).rate;
  };
  for (let round = 0; round < rounds; round += 1) {
    const [one, many] = [await rate(1, 'Create'), await rate(lanes, 'Create')];
    const [oneGone, manyGone] = [await rate(1, 'Remove'), await rate(lanes, 'Remove')];
    gains.Create.push(many / one);
    gains.Remove.push(manyGone / oneGone);
  }
  for (const [method, ratios] of Object.entries(gains))
    report.line(
      `\n${method}, ${lanes} at once: ${median(ratios).toFixed(1)} × as many per second as one at a time.`,
    );
}

function ratioOf(figures: readonly Figure[], name: string): number {
  return figures.find((figure) => figure.name === name)?.ratio ?? Number.NaN;
}
