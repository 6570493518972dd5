import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseSnapshotName } from '../../src/core/names.ts';
import type { Options } from '../../src/core/volume.ts';
import { isUnreadable } from '../../src/core/volume.ts';
import { asVolumeError } from '../../src/core/volume-error.ts';
import type { Foreseen, Intent, VolumeDriver } from '../../src/driver/volume-driver.ts';
import { effects } from '../backends/ebs/hosts.ts';
import { memoryBackend } from '../backends/memory/definition.ts';
import { createFakeServers, hostOf, shareKinds } from '../backends/shared/network-share/under-test.ts';
import { onInstance } from '../fakes/ec2/instance.ts';
import { createFakeHost, createFakeState, type FakeState } from '../fakes/host/fake-host.ts';
import { openJointRig } from '../fakes/joint-rig.ts';
import { id, openRig, present, type Rig, volume } from '../fakes/rig.ts';
import { watchEffects } from '../fakes/watched-host.ts';

/** A driver on fakes, with its observable state. */
interface Subject {
  readonly driver: VolumeDriver;
  readonly state: FakeState;
  /** Changes so far, on the host and the storage. */
  effects(): readonly string[];
  mountpoint(name: string): string;
  close(): Promise<void>;
}

/** These calls change nothing if the directory already has this owner and mode. */
const settled = /^files\.(makePrivateDirectory|setOwner)|^remote\.setOwner/;

function watched(state: FakeState) {
  const seen: string[] = [];
  const host = watchEffects(createFakeHost(state), (phase, name, detail) => {
    if (phase === 'before' && !settled.test(name)) seen.push(`${name} ${detail}`);
  });
  return { host, seen };
}

type Settings = Readonly<Record<string, unknown>>;

function asSubject({ driver, state, mountpoint }: Rig, seen: () => readonly string[]): Subject {
  return { driver, state, mountpoint, effects: seen, close: () => driver.close() };
}

const subjects: readonly (readonly [string, readonly Options[], (more: Settings) => Promise<Subject>])[] = [
  [
    'local',
    [
      {},
      { mode: '0700' },
      { size: '16MiB' },
      { size: '900TiB' },
      { from: 'b' },
      { from: 'b@x' },
      { nonsense: '1' },
      { path: '/nowhere' },
    ],
    async (more) => {
      const state = createFakeState();
      const own = watched(state);
      return asSubject(await openRig({ state, host: own.host, settings: more }), () => own.seen);
    },
  ],
  ...shareKinds.map(
    (kind) =>
      [
        kind.name,
        [{}, { mode: '0700' }, { path: 'absent' }, { path: 'made', create: 'true' }, { subdir: 'a/b' }],
        async (more: Settings) => {
          const state = hostOf(kind, createFakeServers());
          const own = watched(state);
          const settings = { ...kind.settings, ...more };
          const rig = await openRig({ state, host: own.host, definition: kind.definition, settings });
          return asSubject(rig, () => own.seen);
        },
      ] as const,
  ),
  [
    'ebs',
    [{ size: '1' }, { size: '2' }, { volumeId: 'vol-0123' }, { iops: '1' }],
    async (more) => {
      const { state, cloud, definition } = onInstance();
      const own = watched(state);
      const rig = await openRig({ state, host: own.host, definition, settings: more });
      return asSubject(rig, () => [...own.seen, ...effects(cloud)]);
    },
  ],
  [
    'a backend of another kind',
    [{}, { mode: '0700' }],
    async (more) => {
      const state = createFakeState();
      const own = watched(state);
      const settings = { folder: '/srv/volumes', ...more };
      return asSubject(
        await openRig({ state, host: own.host, definition: memoryBackend, settings }),
        () => own.seen,
      );
    },
  ],
  [
    'a joint driver',
    [{}, { mode: '0700' }, { member: 'gold' }, { member: 'iron' }],
    async () => {
      const seen: string[] = [];
      const rig = await openJointRig({
        around: (call, run) => {
          if (call.kind === 'effect' && !settled.test(call.name)) seen.push(`${call.name} ${call.detail}`);
          return run();
        },
      });
      return {
        driver: rig.joint,
        state: rig.state,
        effects: () => seen,
        mountpoint: (name) => rig.gold.mountpoint(name),
        close: () => rig.close(),
      };
    },
  ],
];

interface Happening {
  readonly verb: Intent['verb'] | 'use' | 'end' | 'wait' | 'umount';
  readonly name: string;
  readonly option: number;
  readonly holder: string;
}

const happening: fc.Arbitrary<Happening> = fc.record({
  verb: fc.constantFrom(
    ...(['create', 'create', 'mount', 'mount', 'unmount', 'remove', 'undelete', 'release'] as const),
    ...(['snapshot', 'snapshot', 'remove-snapshot', 'rollback', 'grow', 'grow'] as const),
    ...(['use', 'end', 'wait', 'umount'] as const),
  ),
  name: fc.constantFrom('a', 'b'),
  option: fc.nat(),
  holder: fc.constantFrom('x', 'operator'),
});

const at = (verb: Happening['verb'], holder = 'x'): Happening => ({ verb, name: 'a', option: 0, holder });

const snapshotNames = ['x', 'y'].map(parseSnapshotName);
/** `900TiB` is more than the storage has. */
const sizes = ['16MiB', '32MiB', '900TiB', 'much'];

/** Every verb, with a usual call and the usual refusals. */
const usual: readonly Happening[] = [
  at('mount'),
  at('create'),
  { ...at('create'), option: 1 },
  at('mount'),
  at('release'),
  at('wait'),
  at('use'),
  at('remove'),
  at('release'),
  at('end'),
  at('release'),
  at('remove'),
  at('undelete'),
  at('mount', 'operator'),
  at('remove'),
  at('unmount', 'operator'),
  at('remove'),
];

/** Every verb for snapshots and sizes, on a volume with a size if the driver supports one. */
const protecting: readonly Happening[] = [
  { ...at('create'), option: 2 },
  at('snapshot'),
  at('snapshot'),
  at('mount'),
  at('rollback'),
  at('grow'),
  at('use'),
  { ...at('snapshot'), option: 1 },
  at('rollback'),
  { ...at('grow'), option: 1 },
  { ...at('grow'), option: 2 },
  at('end'),
  at('unmount'),
  at('rollback'),
  { ...at('grow'), option: 1 },
  { ...at('grow'), option: 0 },
  at('remove-snapshot'),
  at('remove-snapshot'),
  at('rollback'),
];

/** The same for a plain directory, which every backend with snapshots has. */
const copying: readonly Happening[] = [at('create'), at('snapshot'), at('rollback'), at('remove-snapshot')];

type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

async function outcomeOf<T>(work: Promise<T>): Promise<Outcome<T>> {
  try {
    return { kind: 'done', value: await work };
  } catch (thrown) {
    const { code, message } = asVolumeError(thrown, 'It failed');
    return { kind: 'refused', code, message };
  }
}

/** The facts that a call may change. */
async function factsOf({ driver, mountpoint, state }: Subject) {
  const each = ['a', 'b'].map(async (name) => ({
    view: await outcomeOf(
      driver.get(volume(name)).then((view) => view?.holders.map((one) => String(one.id))),
    ),
    isMounted: state.mounts.some((mount) => mount.mountpoint === mountpoint(name)),
  }));
  const others = [await outcomeOf(driver.listRemoved()), await outcomeOf(driver.listSnapshots())];
  return JSON.stringify([await Promise.all(each), others]);
}

function intentOf({ verb, name, option, holder }: Happening, all: readonly Options[]): Intent | undefined {
  const about = { name: volume(name) };
  if (verb === 'create') return { verb, ...about, options: all[option % all.length] ?? {} };
  if (verb === 'mount' || verb === 'unmount') return { verb, ...about, id: id(holder) };
  if (verb === 'undelete' || verb === 'remove' || verb === 'release') return { verb, ...about };
  if (verb === 'grow') return { verb, ...about, size: sizes[option % sizes.length] ?? '' };
  const [snapshot = parseSnapshotName('x')] = snapshotNames.slice(option % snapshotNames.length);
  if (verb === 'snapshot' || verb === 'remove-snapshot' || verb === 'rollback')
    return { verb, ...about, snapshot };
  return undefined;
}

async function happen({ state, mountpoint }: Subject, { verb, name }: Happening): Promise<void> {
  const isMounted = state.mounts.some((mount) => mount.mountpoint === mountpoint(name));
  if (verb === 'use' && isMounted) state.use(mountpoint(name), { pid: 7, command: 'x' });
  if (verb === 'end') state.release(mountpoint(name));
  if (verb === 'wait') state.clock.now += 15_000;
  if (verb === 'umount' && isMounted && state.uses.length === 0) {
    const at = state.mounts.findIndex((mount) => mount.mountpoint === mountpoint(name));
    state.mounts.splice(at, 1);
  }
}

function act({ driver }: Subject, intent: Intent): Promise<unknown> {
  const { name } = intent;
  if (intent.verb === 'create') return driver.create(name, intent.options);
  if (intent.verb === 'mount') return driver.mount(name, intent.id, present);
  if (intent.verb === 'unmount') return driver.unmount(name, intent.id);
  if (intent.verb === 'undelete') return driver.undelete(name, intent.id);
  if (intent.verb === 'snapshot') return driver.snapshot(name, intent.snapshot);
  if (intent.verb === 'remove-snapshot') return driver.removeSnapshot(name, intent.snapshot);
  if (intent.verb === 'rollback') return driver.rollback(name, intent.snapshot);
  if (intent.verb === 'grow') return driver.grow(name, intent.size);
  return intent.verb === 'remove' ? driver.remove(name) : driver.releaseVolume(name);
}

const aboutOf = ({ steps }: Foreseen, act: string) =>
  steps.filter((step) => step.act === act).map(({ about }) => about);

/** Checks that the call had the foreseen outcome. */
async function compare(subject: Subject, intent: Intent, foreseen: Foreseen, value: unknown): Promise<void> {
  const { driver, state } = subject;
  const view = await driver.get(intent.name);
  const holders = view?.holders.map((one) => String(one.id)) ?? [];
  const isMounted = state.mounts.some((mount) => mount.mountpoint === view?.mountpoint);
  if (intent.verb === 'create' || intent.verb === 'undelete' || intent.verb === 'grow') {
    const found = view?.volume;
    expect(found && !isUnreadable(found) && found.options).toEqual(foreseen.volume?.options);
  }
  if (intent.verb === 'mount')
    expect([isMounted, holders]).toEqual([true, expect.arrayContaining([intent.id])]);
  for (const dropped of aboutOf(foreseen, 'drop holder')) expect(holders).not.toContain(dropped);
  if ('snapshot' in intent) {
    const kept = (await driver.listSnapshots(intent.name)).map(({ snapshot }) => snapshot.name);
    expect(kept.includes(intent.snapshot)).toBe(intent.verb !== 'remove-snapshot');
    const [about = ''] = aboutOf(foreseen, 'snapshot');
    if (intent.verb === 'snapshot')
      expect(value).toMatchObject({ consistency: / in use/.test(about) ? 'frozen' : 'unmounted' });
    for (const trash of aboutOf(foreseen, 'trash')) {
      // Without an end, it is kept until somebody purges it.
      const until = trash.endsWith(' until it is purged') ? undefined : trash.split(' ').at(-1);
      expect(Reflect.get(Object(value), 'purgeAfter')).toBe(until);
    }
  }
  if (aboutOf(foreseen, 'unmount').length > 0 && intent.verb !== 'mount') expect(isMounted).toBe(false);
  if (intent.verb === 'release') expect(value).toMatchObject({ holders: aboutOf(foreseen, 'drop holder') });
  if (intent.verb === 'remove') {
    expect(view).toBeUndefined();
    const [last] = (await driver.listRemoved()).filter((one) => one.volume.name === intent.name);
    for (const about of aboutOf(foreseen, 'trash')) expect(about).toContain(last?.purgeAfter);
  }
}

/** Verbs that must succeed at least once, by the drivers that offer them. */
const offered: Readonly<Record<string, readonly Intent['verb'][]>> = {
  local: ['snapshot', 'remove-snapshot', 'rollback', 'grow'],
  nfs: ['snapshot', 'remove-snapshot', 'rollback'],
  glusterfs: ['snapshot', 'remove-snapshot', 'rollback'],
  'a joint driver': ['snapshot', 'remove-snapshot', 'rollback'],
};

describe.each(subjects)('foresight, %s', (title, options, open) => {
  test('a dry run changes nothing, and the call then does what was said, or is refused in the same words', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(happening, { minLength: 4, maxLength: 14 }),
        fc.constantFrom('trash', 'delete', 'retain'),
        async (story, onRemove) => {
          const subject = await open({ onRemove });
          for (const one of story) {
            const intent = intentOf(one, options);
            if (intent === undefined) {
              await happen(subject, one);
              continue;
            }
            const before = await factsOf(subject);
            const changes = subject.effects().length;
            const foreseen = await outcomeOf(subject.driver.foresee(intent));
            expect(subject.effects().slice(changes)).toEqual([]);
            expect(await factsOf(subject)).toBe(before);
            const made = await outcomeOf(act(subject, intent));
            seen.add(`${intent.verb} ${foreseen.kind}`);
            if (foreseen.kind === 'refused') expect(made).toEqual(foreseen);
            else if (made.kind === 'done') await compare(subject, intent, foreseen.value, made.value);
            else
              expect([intent, foreseen.value.steps, made]).toEqual([
                intent,
                expect.arrayContaining([expect.objectContaining({ act: 'look' })]),
                made,
              ]);
          }
          await subject.close();
        },
      ),
      {
        numRuns: 25,
        examples: [
          [[...usual], 'trash'],
          [[...protecting], 'trash'],
          [[...copying], 'retain'],
        ],
      },
    );
    for (const verb of ['create', 'mount', 'remove', 'undelete']) expect(seen).toContain(`${verb} done`);
    for (const verb of ['snapshot', 'remove-snapshot', 'rollback', 'grow'])
      expect(seen).toContain(`${verb} refused`);
    for (const verb of offered[title] ?? []) expect(seen).toContain(`${verb} done`);
    for (const verb of ['create', 'remove', 'mount', 'release']) expect(seen).toContain(`${verb} refused`);
  });
});
