import { test } from '@jest/globals';
import fc from 'fast-check';
import type { Backend } from '../../../../src/backends/backend.ts';
import { parseSnapshotName } from '../../../../src/core/names.ts';
import { VolumeError } from '../../../../src/core/volume-error.ts';
import { id, present, type Rig, volume } from '../../../fakes/rig.ts';
import { type Lab, labs, openStation, type Station } from './stations.ts';
import {
  afterAll,
  isSeen,
  type Kept,
  type Label,
  type Name,
  names,
  type Outcome,
  overdue,
  type Trashed,
  type Verb,
  type World,
} from './world.ts';

interface Call {
  readonly act: Verb;
  /** Which host does it. */
  readonly host: number;
  /** Its daemon dies after so many effects. */
  readonly cut: number | undefined;
}

/** One call, or two at once. */
type Step = readonly Call[];

const name = fc.constantFrom(...names);
const label = fc.constantFrom<Label>('x', 'y');
let texts = 0;
const act: fc.Arbitrary<Verb> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ verb: fc.constantFrom('create', 'remove', 'purge'), on: name }) },
  {
    weight: 3,
    arbitrary: fc.record({ verb: fc.constant('write'), on: name, text: fc.constant('') }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      verb: fc.constantFrom('snapshot', 'snapshot', 'drop', 'rollback', 'rollback'),
      on: name,
      label,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      verb: fc.constant('clone'),
      on: name,
      of: name,
      label: fc.option(label, { nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ verb: fc.constant('undelete'), on: name, as: name }) },
);
const call: fc.Arbitrary<Call> = fc.record({
  act,
  host: fc.nat(1),
  cut: fc.option(fc.nat(25), { nil: undefined }),
});
const uncut = fc.record({ act, host: fc.nat(1), cut: fc.constant(undefined) });
const step: fc.Arbitrary<Step> = fc.oneof(
  call.map((one) => [one]),
  fc.tuple(uncut, uncut),
);
const beginning: readonly Step[] = (
  [
    { verb: 'create', on: 'a' },
    { verb: 'write', on: 'a', text: '' },
    { verb: 'snapshot', on: 'a', label: 'x' },
    { verb: 'write', on: 'a', text: '' },
  ] as const
).map((first) => [{ act: first, host: 0, cut: undefined }]);
const hour = 3_600_000;

const signal = new AbortController().signal;

/** By the storage, not from memory. */
async function exists(backend: Backend, name: Name): Promise<boolean> {
  return (await backend.lookup(volume(name), signal)) !== undefined;
}

async function make(lab: Lab, { rig: { driver, host }, backend }: Station, step: Verb): Promise<void> {
  const on = volume(step.on);
  switch (step.verb) {
    case 'create':
      return driver.create(on, lab.options);
    case 'remove':
      return driver.remove(on);
    case 'purge':
      return void (await backend.purge(signal));
    case 'write': {
      const { mountpoint } = await driver.mount(on, id('w'), present);
      await host.files.writeText(`${mountpoint}/file`, step.text, 'replace');
      return driver.unmount(on, id('w'));
    }
    case 'snapshot':
      return void (await driver.snapshot(on, parseSnapshotName(step.label)));
    case 'drop':
      return driver.removeSnapshot(on, parseSnapshotName(step.label));
    case 'rollback':
      return void (await driver.rollback(on, parseSnapshotName(step.label)));
    case 'clone': {
      const from = step.label === undefined ? step.of : `${step.of}@${step.label}`;
      if (await exists(backend, step.on)) throw new VolumeError('conflict', 'it exists');
      return driver.create(on, { from });
    }
    case 'undelete':
      return void (await driver.undelete(on, undefined, step.as === step.on ? undefined : volume(step.as)));
  }
}

/** A host that died holds its lock for some minutes. */
async function patiently<T>({ states }: Lab, work: () => Promise<T>): Promise<T> {
  return work().catch((error) => {
    if (!(error instanceof VolumeError) || error.code !== 'in-use') throw error;
    for (const { clock } of states) clock.now += 400_000;
    return work();
  });
}

async function textOf({ driver, host }: Rig, name: string): Promise<string | undefined> {
  const { mountpoint } = await driver.mount(volume(name), id('r'), present);
  const text = await host.files.readText(`${mountpoint}/file`);
  await driver.unmount(volume(name), id('r'));
  return text;
}

/** The whole state, by reading copies of all snapshots. */
async function keptOf(lab: Lab, { rig }: Station, name: string): Promise<Kept> {
  const text = await textOf(rig, name);
  const snapshots: Record<string, string | undefined> = {};
  for (const { snapshot } of await rig.driver.listSnapshots(volume(name))) {
    const copy = volume(`copy-${copies++}`);
    await patiently(lab, () => rig.driver.create(copy, { from: `${name}@${snapshot.name}` }));
    snapshots[snapshot.name] = await textOf(rig, copy);
    await rig.driver.remove(copy);
  }
  return { text, snapshots };
}
let copies = 0;

async function see(lab: Lab, station: Station): Promise<World> {
  const { driver } = station.rig;
  const removed = (await driver.listRemoved()).filter((one) =>
    names.some((known) => known === one.volume.name),
  );
  const volumes: Partial<Record<Name, Kept>> = {};
  for (const one of names)
    if (await exists(station.backend, one)) volumes[one] = await keptOf(lab, station, one);
  const trash: Trashed[] = [];
  for (const { volume: was } of removed) {
    const as = volume(`back-${copies++}`);
    await patiently(lab, () => driver.undelete(was.name, was.id, as));
    trash.push({ name: was.name as string as Name, isDue: false, ...(await keptOf(lab, station, as)) });
    await driver.remove(as);
  }
  return { volumes, trash };
}

async function live(lab: Lab, steps: readonly Step[], pauses: readonly number[]): Promise<void> {
  const open = (host: number) => openStation(lab, host, pauses);
  const stations = await Promise.all(lab.states.map((_, host) => open(host)));
  let worlds: readonly World[] = [{ volumes: {}, trash: [] }];
  const story: string[] = [];
  for (const calls of steps) {
    const acts = calls.map((call) => ({
      ...call,
      host: call.host % stations.length,
      act: written(call.act),
    }));
    if (acts.some(({ act }) => act.verb === 'purge')) {
      for (const { clock } of lab.states) clock.now += 25 * hour;
      worlds = worlds.map(overdue);
    }
    const ended = await Promise.all(acts.map((call) => attempt(lab, stations[call.host], call)));
    story.push(ended.map(({ words }) => words).join(' and at once '));
    worlds = afterAll(worlds, ended);
    if (worlds.length === 0) throw new Error(`this cannot be:\n${story.join('\n')}`);
    for (const { host } of acts) if (stations[host]?.story !== undefined) stations[host] = await open(host);
  }
  const [station] = stations;
  if (station === undefined) throw new Error('no host');
  const seen = await see(lab, station);
  if (!worlds.some((world) => isSeen(world, seen)))
    throw new Error(
      `${story.join('\n')}\nends with\n${JSON.stringify(seen)}\nnot one of\n${worlds.map((world) => JSON.stringify(world)).join('\n')}`,
    );
  await Promise.all(stations.map(({ rig }) => rig.driver.close()));
}

function written(act: Verb): Verb {
  return act.verb === 'write' ? { ...act, text: `text ${texts++}` } : act;
}

async function attempt(lab: Lab, station: Station | undefined, { act, host, cut }: Call) {
  if (station === undefined) throw new Error('no such host');
  const ended = await station.cut(cut, () =>
    make(lab, station, act).then(
      () => 'done' as const,
      (error) => {
        if (!(error instanceof VolumeError) || error.code === 'failed') throw error;
        return error;
      },
    ),
  );
  const how = ended === 'dead' ? `died before ${station.story}` : ended.value;
  const outcome: Outcome = ended === 'dead' ? 'dead' : ended.value === 'done' ? 'done' : 'refused';
  return { act, outcome, words: `${host}: ${JSON.stringify(act)} ${how}` };
}

test.each(Object.entries(labs))(
  'after any history of calls, at once and cut anywhere, all volumes, snapshots and removed volumes have the data of their moment: %s',
  async (_, open) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 3, maxLength: 12 }),
        fc.array(fc.nat(5), { minLength: 1, maxLength: 9 }),
        (steps, pauses) => live(open(), [...beginning, ...steps], pauses),
      ),
      { numRuns: Number(process.env.HOLDFAST_HISTORIES ?? 6) },
    );
  },
  300_000,
);
