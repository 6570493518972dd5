import { inParallel } from '../../../src/core/waits/in-parallel.ts';
import type { Throttle } from '../../lab/ec2/api/throttle.ts';
import { callFor } from '../holdfast.ts';
import { type LoadConnection, openConnection } from '../load-client.ts';
import type { Workshop } from '../workshop.ts';
import { actionsInWords, countActions, openStation } from './station.ts';

const volumes = 100;
/** An instance has 52 device names for volumes. */
const attachedAtOnce = 50;

/** AWS's own limits: the bucket's size, and the refill per second. */
const buckets: Readonly<Record<string, readonly [size: number, refill: number]>> = {
  AttachVolume: [50, 5],
  DetachVolume: [50, 5],
  CreateVolume: [100, 5],
  CreateTags: [100, 10],
  DeleteTags: [100, 10],
};
const describing = [100, 20] as const;

/** Creates a hundred volumes at once, mounts and unmounts as many at a time as fit, and removes all at once. */
export async function benchParallel(workshop: Workshop, throttle: Throttle): Promise<void> {
  const { report } = workshop;
  const station = await openStation(workshop, throttle);
  const server = await station.start();
  const connections = await Promise.all(
    Array.from({ length: volumes }, () => openConnection(server.socketPath)),
  );
  const lanes = [...connections.entries()];
  const times: [string, number][] = [];
  const phase = async (name: string, width: number, act: (call: Call, name: string) => Promise<void>) => {
    const began = performance.now();
    await inParallel(lanes, width, ([index, connection]) => act(callFor(connection), `v${index}`));
    times.push([name, (performance.now() - began) / 1000]);
  };
  try {
    station.endpoint.clearRequests();
    await phase('created', volumes, (call, name) => call('Create', name, { Opts: { size: '1' } }));
    await phase(`mounted and unmounted, ${attachedAtOnce} at a time`, attachedAtOnce, async (call, name) => {
      await call('Mount', name, { ID: 'a' });
      await call('Unmount', name, { ID: 'a' });
    });
    await phase('removed', volumes, (call, name) => call('Remove', name));
  } finally {
    closeAll(connections);
    await server.stop();
  }
  const requests = station.endpoint.requests();
  const refused = requests.filter(({ result }) => result === 'RequestLimitExceeded');
  const counts = countActions(station.endpoint);
  await station.close();
  const total = times.reduce((sum, [, took]) => sum + took, 0);
  const words = throttle === 'shared' ? 'one bucket for all actions' : 'a bucket for each action';
  report.line(`\n### ${volumes} volumes in parallel, ${words}\n`);
  report.line('| what | |');
  report.line('|---|---|');
  report.line(`| requests | ${requests.length}: ${actionsInWords(counts)} |`);
  report.line(`| of them throttled | ${refused.length} |`);
  for (const [name, took] of times) report.line(`| ${name} | ${took.toFixed(1)} s |`);
  report.line(`| all of it | ${total.toFixed(1)} s |`);
  report.line(
    `| the least that these requests take from a full bucket | ${floorOf(counts, throttle).toFixed(1)} s |`,
  );
}

type Call = ReturnType<typeof callFor>;

function closeAll(connections: readonly LoadConnection[]): void {
  for (const connection of connections) connection.close();
}

/** Seconds. */
function floorOf(counts: ReadonlyMap<string, number>, throttle: Throttle): number {
  const wait = (count: number, [size, refill]: readonly [number, number]) =>
    Math.max(0, count - size) / refill;
  if (throttle === 'shared')
    return wait(
      [...counts.values()].reduce((sum, count) => sum + count, 0),
      describing,
    );
  return Math.max(...[...counts].map(([action, count]) => wait(count, buckets[action] ?? describing)));
}
