import { callFor } from '../holdfast.ts';
import { openConnection } from '../load-client.ts';
import { median } from '../measure.ts';
import type { Workshop } from '../workshop.ts';
import { actionsInWords, countActions, openStation, type Station } from './station.ts';

const rounds = 5;

interface Seen {
  readonly took: number;
  readonly ownTime: number;
  readonly calls: number;
  readonly actions: string;
  readonly mkfs: number;
}

/** The requests of each verb to EC2, one volume after the other, and its time beyond EC2's own. */
export async function benchVerbs(workshop: Workshop): Promise<void> {
  const { report } = workshop;
  const station = await openStation(workshop, 'per-action');
  const server = await station.start();
  const connection = await openConnection(server.socketPath);
  const call = callFor(connection);
  const seen = new Map<string, Seen[]>();
  const note = async (verb: string, work: () => Promise<void>) => {
    seen.set(verb, [...(seen.get(verb) ?? []), await observe(station, work)]);
  };
  try {
    for (let round = 0; round < rounds; round += 1) {
      const name = `v${round}`;
      const mount = () => call('Mount', name, { ID: 'a' });
      const unmount = () => call('Unmount', name, { ID: 'a' });
      await note('Create, 1 GiB', () => call('Create', name, { Opts: { size: '1' } }));
      await note('Get', () => call('Get', name));
      await note('Mount, cold, a new volume', mount);
      await note('Unmount, and detach', unmount);
      await note('Mount, cold, one with data', mount);
      await unmount();
      await note('Remove, into the trash', () => call('Remove', name));
    }
  } finally {
    connection.close();
    await server.stop();
    await station.close();
  }
  report.line('\n### Requests and time of each verb\n');
  report.line("| verb | requests | by action | took | EC2's own | beyond it | of that mkfs |");
  report.line('|---|---|---|---|---|---|---|');
  for (const [verb, all] of seen) report.line(`| ${verb} | ${rowOf(all)} |`);
}

async function observe(station: Station, work: () => Promise<void>): Promise<Seen> {
  station.endpoint.clearRequests();
  const watch = station.watch();
  await work();
  const counts = countActions(station.endpoint);
  const calls = station.endpoint.requests().length;
  return { ...watch.end(), calls, actions: actionsInWords(counts), mkfs: station.programs('mkfs.ext4') };
}

/** Medians; the actions are those of the round whose number of requests is the median. */
function rowOf(all: readonly Seen[]): string {
  const calls = median(all.map((one) => one.calls));
  const actions = all.find((one) => one.calls === calls)?.actions ?? '';
  const ms = (of: (one: Seen) => number) => `${median(all.map(of)).toFixed(0)} ms`;
  const beyond = ms((one) => one.took - one.ownTime);
  return [
    calls,
    actions,
    ms((one) => one.took),
    ms((one) => one.ownTime),
    beyond,
    ms((one) => one.mkfs),
  ].join(' | ');
}
