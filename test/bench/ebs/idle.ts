import { setTimeout as sleep } from 'node:timers/promises';
import { inParallel } from '../../../src/core/waits/in-parallel.ts';
import { usualTimings } from '../../../src/driver/timings.ts';
import type { LoggedRequest } from '../../lab/ec2/api/request-log.ts';
import type { Ec2Endpoint } from '../../lab/ec2/endpoint.ts';
import { callFor } from '../holdfast.ts';
import { openConnection } from '../load-client.ts';
import type { Workshop } from '../workshop.ts';
import { seeds } from './lists.ts';
import { actionsInWords, countActions, openStation } from './station.ts';

const mounted = 10;
/** The number of rounds in an hour. */
const roundsAnHour = 3_600_000 / usualTimings.refresh;

/** Runs the rounds that an idle daemon makes in an hour, one right after the other. */
export async function benchIdle(workshop: Workshop): Promise<void> {
  const { report } = workshop;
  report.line('\n### An idle hour\n');
  report.line('| volumes mounted | volumes known | requests an hour | by action | of a refill of 20/s |');
  report.line('|---|---|---|---|---|');
  for (const known of [1_000, 10_000])
    report.line(`| ${mounted} | ${known} | ${await idleHour(workshop, known)} |`);
}

async function idleHour(workshop: Workshop, known: number): Promise<string> {
  const station = await openStation(workshop, 'per-action');
  const { endpoint } = station;
  await endpoint.addVolumes(seeds(known - mounted));
  const server = await station.start({}, { refresh: 50 });
  const open = () => openConnection(server.socketPath);
  const lanes = [...(await Promise.all(Array.from({ length: mounted }, open))).entries()];
  const forEach = (act: (call: ReturnType<typeof callFor>, name: string) => Promise<void>) =>
    inParallel(lanes, mounted, ([index, connection]) => act(callFor(connection), `m${index}`));
  try {
    await forEach(async (call, name) => {
      await call('Create', name, { Opts: { size: '1' } });
      await call('Mount', name, { ID: 'a' });
    });
    await roundsOver(endpoint, 1);
    await roundsOver(endpoint, roundsAnHour);
    const requests = endpoint.requests().length;
    const actions = actionsInWords(countActions(endpoint));
    await forEach((call, name) => call('Unmount', name, { ID: 'a' }));
    return `${requests} | ${actions} | ${((requests / (20 * 3600)) * 100).toFixed(2)} %`;
  } finally {
    for (const [, connection] of lanes) connection.close();
    await server.stop();
    await station.close();
  }
}

/** Waits for so many rounds. Each round ends with a request for removed volumes. */
async function roundsOver(endpoint: Ec2Endpoint, rounds: number): Promise<void> {
  endpoint.clearRequests();
  const isLast = ({ parameters }: LoggedRequest) => Object.values(parameters).includes('removed');
  while (endpoint.requests().filter(isLast).length < rounds) await sleep(2);
}
