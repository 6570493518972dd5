import type { LoadedConfiguration } from '../../config/load-configuration.ts';
import { wordsOf } from '../../core/error-words.ts';
import { listField, textField } from '../../core/json.ts';
import type { Examined } from '../../doctor/examine.ts';
import type { AdminClient } from '../admin-client.ts';
import type { RecoverOffline } from '../recover.ts';
import type { Usable } from '../serve.ts';
import { removedPath } from '../volume/paths.ts';
import { plainConfiguration } from './configuration.ts';
import type { Machine } from './machine.ts';

/** The sources of a bundle's parts. */
export interface Sources {
  readonly version: string;
  /** Calls of the client end after this many milliseconds. */
  client(deadline: number): AdminClient;
  readonly loaded: LoadedConfiguration;
  readonly machine: Machine;
  examine(loaded: Usable): Promise<readonly Examined[]>;
  readonly recoverOffline: RecoverOffline;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly patience?: Patience;
}

/** Time limits of a part, in milliseconds: one that only reads local data, and one that asks a storage server. */
interface Patience {
  readonly quick: number;
  readonly slow: number;
}

/** One file of a bundle. */
export interface Part {
  /** "volumes.json" */
  readonly name: string;
  /** Milliseconds. */
  readonly deadline: number;
  collect(signal: AbortSignal): Promise<string | object>;
}

/** The checks of the doctor have a minute each. */
const usualPatience: Patience = { quick: 10_000, slow: 75_000 };
const days = 7;

export function partsOf(sources: Sources): readonly Part[] {
  const { loaded, machine, now, patience = usualPatience } = sources;
  const { quick, slow } = patience;
  const client = sources.client(quick);
  const patient = sources.client(slow);
  const part = (name: string, collect: Part['collect'], deadline = quick): Part => ({
    name,
    deadline,
    collect,
  });
  const since = new Date(now - days * 24 * 3600_000).toISOString();
  return [
    part('version.json', async () => ({
      command: sources.version,
      daemon: await client.ask('GET', '/v1/version').catch(reason),
    })),
    part('configuration.json', async () => plainConfiguration(loaded)),
    part('system.json', () => machine.system()),
    part('doctor.json', () => examined(sources), slow),
    part('drivers.json', () => drivers(client)),
    part('volumes.json', () => client.ask('GET', '/v1/volumes')),
    part('removed.json', () => removed(patient), slow),
    part('uses.json', () => client.ask('GET', '/v1/drain')),
    part('events.json', () => client.ask('GET', `/v1/events?since=${since}`)),
    part('recovery.json', () => recovery(sources, patient), slow),
    part('metrics.txt', () => client.read('/metrics')),
    part('mounts.txt', () => mounts(machine, loaded)),
    part('journal.txt', (signal) => machine.journal(signal)),
  ];
}

function reason(error: unknown): object {
  return { error: wordsOf(error) };
}

async function examined({ loaded, examine }: Sources): Promise<object> {
  if (loaded.kind === 'unusable') throw new Error('The configuration cannot be used.');
  return { findings: await examine(loaded) };
}

/** All drivers with their settings, defaults and profiles. */
async function drivers(client: AdminClient): Promise<object> {
  const names = listField(await client.ask('GET', '/v1/drivers'), 'drivers').map((one) =>
    textField(one, 'name'),
  );
  const details = names.map((name) =>
    client
      .ask('GET', `/v1/drivers/${encodeURIComponent(name)}`)
      .catch((error) => ({ name, ...reason(error) })),
  );
  return { drivers: await Promise.all(details) };
}

async function removed(client: AdminClient): Promise<object> {
  const names = listField(await client.ask('GET', '/v1/drivers'), 'drivers').map((one) =>
    textField(one, 'name'),
  );
  const answers = names.map(async (driver) => ({
    driver,
    ...(await client.ask('GET', removedPath(driver)).catch(reason)),
  }));
  return { drivers: await Promise.all(answers) };
}

/** What recovery would do, according to the daemon. If none answers, this process finds out. */
async function recovery({ recoverOffline }: Sources, client: AdminClient): Promise<object> {
  if (await client.isAnswered()) return client.ask('GET', '/v1/recovery');
  return { drivers: await recoverOffline({ dryRun: true }) };
}

/** The lines of the kernel's mount table that name one of Holdfast's directories. */
async function mounts(machine: Machine, loaded: LoadedConfiguration): Promise<string> {
  const table = await machine.mountInfo();
  if (loaded.kind === 'unusable') return table;
  const { mountRoot, stateDir, runtimeDir, drivers } = loaded.configuration;
  const roots = [...drivers.values()].flatMap(({ settings: { needs } }) => [
    needs.directory?.path ?? mountRoot,
    ...needs.mounts,
  ]);
  const places = [mountRoot, stateDir, runtimeDir, ...roots];
  const ours = table.split('\n').filter((line) => places.some((place) => line.includes(place)));
  return [...ours, ''].join('\n');
}
