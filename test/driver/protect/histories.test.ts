import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseSnapshotName } from '../../../src/core/names.ts';
import { VolumeError } from '../../../src/core/volume-error.ts';
import { createFakeState } from '../../fakes/host/fake-host.ts';
import { id, openRig, present, type Rig, volume } from '../../fakes/rig.ts';

const names = ['a', 'b', 'c'] as const;
type Name = (typeof names)[number];
const name = fc.constantFrom(...names);
const label = fc.constantFrom('x', 'y');

type Step =
  | { readonly do: 'write' | 'remove' | 'restart' | 'reboot'; readonly on: Name; readonly text: string }
  | { readonly do: 'snapshot' | 'drop' | 'rollback'; readonly on: Name; readonly label: 'x' | 'y' }
  | { readonly do: 'clone'; readonly on: Name; readonly of: Name; readonly label: 'x' | 'y' | undefined }
  | { readonly do: 'grow'; readonly on: Name; readonly megabytes: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom('write', 'write', 'write', 'remove', 'restart', 'reboot'),
    on: name,
    text: fc.string({ minLength: 1, maxLength: 5 }),
  }),
  fc.record({ do: fc.constantFrom('snapshot', 'snapshot', 'drop', 'rollback'), on: name, label }),
  fc.record({ do: fc.constant('clone'), on: name, of: name, label: fc.option(label, { nil: undefined }) }),
  fc.record({ do: fc.constant('grow'), on: name, megabytes: fc.integer({ min: 8, max: 64 }) }),
);

/** The expected state of a volume. */
interface Modelled {
  text: string | undefined;
  megabytes: number;
  readonly snapshots: Map<string, { readonly text: string | undefined; readonly megabytes: number }>;
}

const smallest = 16;

class Model {
  readonly volumes = new Map<Name, Modelled>();

  /** Applies the step to the expected state; false if the step must be refused. */
  take(step: Step): boolean {
    const on = this.volumes.get(step.on);
    switch (step.do) {
      case 'restart':
      case 'reboot':
        return true;
      case 'remove':
        this.volumes.delete(step.on);
        return true;
      case 'write':
        this.volumes.set(step.on, {
          snapshots: new Map(),
          megabytes: smallest,
          ...on,
          text: step.text,
        });
        return true;
      case 'snapshot':
        if (on === undefined || on.snapshots.has(step.label)) return false;
        on.snapshots.set(step.label, { text: on.text, megabytes: on.megabytes });
        return true;
      case 'drop':
        return on?.snapshots.delete(step.label) === true;
      case 'rollback': {
        const kept = on?.snapshots.get(step.label);
        if (on === undefined || kept === undefined) return false;
        on.text = kept.text;
        return true;
      }
      case 'grow':
        if (on === undefined || step.megabytes < on.megabytes) return false;
        on.megabytes = step.megabytes;
        return true;
      case 'clone': {
        // A volume that already exists under the name is not the requested one.
        const source = this.volumes.get(step.of);
        const state = step.label === undefined ? source : source?.snapshots.get(step.label);
        if (on !== undefined || state === undefined) return false;
        this.volumes.set(step.on, { text: state.text, megabytes: state.megabytes, snapshots: new Map() });
        return true;
      }
    }
  }
}

async function write(rig: Rig, on: Name, text: string, kind: 'image' | 'directory'): Promise<void> {
  if ((await rig.driver.get(volume(on))) === undefined)
    await rig.driver.create(volume(on), kind === 'image' ? { size: `${smallest}MiB` } : {});
  const { mountpoint } = await rig.driver.mount(volume(on), id('w'), present);
  await rig.host.files.writeText(`${mountpoint}/file`, text, 'replace');
  await rig.driver.unmount(volume(on), id('w'));
}

async function act(rig: Rig, step: Step, kind: 'image' | 'directory'): Promise<void> {
  const on = volume(step.on);
  switch (step.do) {
    case 'write':
      return write(rig, step.on, step.text, kind);
    case 'remove':
      return rig.driver.remove(on);
    case 'snapshot':
      return void (await rig.driver.snapshot(on, parseSnapshotName(step.label)));
    case 'drop':
      return rig.driver.removeSnapshot(on, parseSnapshotName(step.label));
    case 'rollback':
      return void (await rig.driver.rollback(on, parseSnapshotName(step.label)));
    case 'grow':
      return void (await rig.driver.grow(on, `${step.megabytes}MiB`));
    case 'clone': {
      const from = step.label === undefined ? step.of : `${step.of}@${step.label}`;
      if ((await rig.driver.get(on)) !== undefined) throw new VolumeError('conflict', 'it exists');
      return rig.driver.create(on, { from });
    }
  }
}

test.each(['image', 'directory'] as const)(
  'after any history of writes, snapshots, copies, rollbacks and growth, each %s has the expected data and size',
  async (kind) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.boolean(), async (steps, sharesBlocks) => {
        const state = createFakeState();
        if (sharesBlocks) state.rootFileSystem.conditions.add('reflinks');
        let rig = await openRig({ state });
        const model = new Model();
        for (const step of steps.filter((one) => kind === 'image' || one.do !== 'grow')) {
          if (step.do === 'reboot') state.reboot();
          if (step.do === 'restart' || step.do === 'reboot') {
            await rig.driver.close();
            rig = await openRig({ state });
            continue;
          }
          const isAllowed = model.take(step);
          const done = await act(rig, step, kind).then(
            () => true,
            (error) => {
              if (!(error instanceof VolumeError)) throw error;
              return false;
            },
          );
          expect([step, done]).toEqual([step, isAllowed]);
        }
        await expectLike(rig, model, kind);
        await rig.driver.close();
      }),
      { numRuns: Number(process.env.HOLDFAST_HISTORIES ?? 30) },
    );
  },
  300_000,
);

async function expectLike(rig: Rig, { volumes }: Model, kind: 'image' | 'directory'): Promise<void> {
  expect([...rig.driver.list()].map((listed) => String(listed.volume.name)).sort()).toEqual(
    [...volumes.keys()].sort(),
  );
  for (const [on, { text, megabytes, snapshots }] of volumes) {
    const { mountpoint } = await rig.driver.mount(volume(on), id('r'), present);
    expect(await rig.host.files.readText(`${mountpoint}/file`)).toBe(text);
    await rig.driver.unmount(volume(on), id('r'));
    const found = await rig.driver.listSnapshots(volume(on));
    expect(found.map(({ snapshot }) => String(snapshot.name)).sort()).toEqual([...snapshots.keys()].sort());
    if (kind === 'directory') continue;
    const view = await rig.driver.get(volume(on));
    expect(view?.volume).toMatchObject({ options: { size: `${megabytes}MiB` } });
  }
}
