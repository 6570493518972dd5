import { expect, test } from '@jest/globals';
import { parseSnapshotName } from '../../../src/core/names.ts';
import type { Options } from '../../../src/core/volume.ts';
import { asVolumeError, type ErrorCode } from '../../../src/core/volume-error.ts';
import { createFakeHost, createFakeState, type FakeState } from '../../fakes/host/fake-host.ts';
import { id, openRig, present, type Rig, volume } from '../../fakes/rig.ts';
import { watchEffects } from '../../fakes/watched-host.ts';

const size = { size: '16MiB' };

function onXfs(): FakeState {
  const state = createFakeState();
  state.rootFileSystem.conditions.add('reflinks');
  return state;
}

async function watchedRig(options: Options, state: FakeState) {
  const effects: string[] = [];
  const host = watchEffects(createFakeHost(state), (phase, name, detail) => {
    if (phase === 'before') effects.push(`${name} ${detail}`);
  });
  const rig = await openRig({ state, host });
  await rig.driver.create(volume('db'), options);
  await rig.driver.snapshot(volume('db'), parseSnapshotName('before'));
  return { rig, effects };
}

async function refusalOf(work: Promise<unknown>): Promise<object | undefined> {
  try {
    await work;
    return undefined;
  } catch (thrown) {
    const { code, message } = asVolumeError(thrown, 'It failed');
    return { code, message };
  }
}

const copy = (rig: Rig, options: Options) =>
  rig.driver.foresee({ verb: 'create', name: volume('copy'), options });

const use = async ({ driver, state, mountpoint }: Rig) => {
  await driver.mount(volume('db'), id('a'), present);
  state.use(mountpoint('db'), { pid: 4711, command: 'postgres' });
};

const fill = async ({ driver, host, state, mountpoint }: Rig) => {
  await driver.mount(volume('db'), id('a'), present);
  await host.files.writeText(`${mountpoint('db')}/file`, 'first', 'replace');
  await driver.unmount(volume('db'), id('a'));
  state.rootFileSystem.freeBytes = 0;
};

test.each([
  ['a snapshot of a directory', {}, 'db@before', [], createFakeState],
  ['a snapshot of an image', size, 'db@before', [], createFakeState],
  ['a directory', {}, 'db', ['4KiB of volume db: 1 s at 100 MiB per second'], createFakeState],
  ['an image', size, 'db', [], onXfs],
])(
  'a dry run of a copy of %s changes nothing, and shows its options and how much is copied',
  async (_, options, from, copied, state) => {
    const { rig, effects } = await watchedRig(options, state());
    const before = effects.length;
    const foreseen = await copy(rig, { from });
    expect(effects.slice(before)).toEqual([]);
    expect(foreseen.steps).toEqual([
      ...copied.map((about) => ({ act: 'copy', about })),
      { act: 'create', about: expect.stringMatching(`^in driver holdfast, .*\\bfrom=${from}$`) },
    ]);
    await rig.driver.create(volume('copy'), { from });
    const made = await rig.driver.get(volume('copy'));
    expect(made?.volume).toMatchObject({ options: foreseen.volume?.options });
    expect(await copy(rig, { from })).toMatchObject({ steps: [] });
  },
);

test.each<[string, ErrorCode, Options, Options, (rig: Rig) => Promise<void>]>([
  ['of itself', 'invalid', {}, { from: 'copy' }, async () => undefined],
  ['of nothing', 'not-found', {}, { from: 'ghost' }, async () => undefined],
  ['of no snapshot', 'not-found', {}, { from: 'db@befor' }, async () => undefined],
  ['of another size', 'invalid', size, { from: 'db', size: '32MiB' }, async () => undefined],
  ['of a volume that is used', 'in-use', {}, { from: 'db' }, use],
  ['without room', 'unavailable', {}, { from: 'db' }, fill],
])('a copy %s is refused by a dry run in the same words', async (_, code, options, asked, arrange) => {
  const { rig } = await watchedRig(options, createFakeState());
  await arrange(rig);
  const refusal = await refusalOf(copy(rig, asked));
  expect(refusal).toMatchObject({ code });
  expect(await refusalOf(rig.driver.create(volume('copy'), asked))).toEqual(refusal);
});

test('a source that is mounted without users is unmounted first, and the dry run says so', async () => {
  const { rig } = await watchedRig({}, createFakeState());
  await use(rig);
  await rig.driver.unmount(volume('db'), id('a'));
  rig.state.release(rig.mountpoint('db'));
  const { steps } = await copy(rig, { from: 'db' });
  expect(steps.map(({ act }) => act)).toEqual(['unmount', 'copy', 'create']);
  expect(rig.state.mounts.some(({ mountpoint }) => mountpoint === rig.mountpoint('db'))).toBe(true);
});
