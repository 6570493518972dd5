import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseSnapshotName } from '../../src/core/names.ts';
import type { VolumeDriver } from '../../src/driver/volume-driver.ts';
import { createFakeServers, hostOf, shareKinds } from '../backends/shared/network-share/under-test.ts';
import { onInstance } from '../fakes/ec2/instance.ts';
import { createFakeHost } from '../fakes/host/fake-host.ts';
import { interceptHost } from '../fakes/intercepted-host.ts';
import { openJointRig } from '../fakes/joint-rig.ts';
import { id, openRig, present, volume } from '../fakes/rig.ts';

const db = volume('db');

interface Subject {
  readonly driver: VolumeDriver;
  close(): Promise<void>;
}

const subjects: Readonly<Record<string, () => Promise<Subject>>> = {
  local: async () => opened(await openRig()),
  ...Object.fromEntries(
    shareKinds.map((kind) => [
      kind.name,
      async () => {
        const { definition, settings } = kind;
        const host = createFakeHost(hostOf(kind, createFakeServers()));
        return opened(await openRig({ host, definition, settings }));
      },
    ]),
  ),
  ebs: async () => {
    const { state, definition } = onInstance();
    return opened(await openRig({ state, definition, settings: {} }));
  },
  joint: async () => {
    const { joint, close } = await openJointRig();
    return { driver: joint, close };
  },
};

function opened({ driver }: { readonly driver: Subject['driver'] & { close(): Promise<void> } }): Subject {
  return { driver, close: () => driver.close() };
}

describe.each(Object.entries(subjects))('the message of %s about an absent volume', (_, open) => {
  let subject: Subject;
  beforeEach(async () => {
    subject = await open();
  });
  afterEach(() => subject.close());

  const told = async () => {
    const { driver } = subject;
    const mounted = await driver.mount(db, id('1'), present).catch((error) => error);
    expect(await driver.get(db)).toBeUndefined();
    expect(mounted).toMatchObject({ code: 'not-found' });
    const { message, waysOut } = await driver.missing(db);
    expect(mounted).toMatchObject({ message, waysOut });
    return { message, waysOut };
  };

  test('says how to create one that never existed', async () => {
    const { name } = subject.driver;
    expect(await told()).toEqual({
      message: `Volume db does not exist in driver ${name}.`,
      waysOut: [{ act: 'create', volume: 'db', driver: name }],
    });
  });

  test('says how to bring back one that was removed, until it is back', async () => {
    const { driver } = subject;
    await driver.create(db, {});
    await driver.create(volume('other'), {});
    await driver.remove(db);
    await driver.remove(volume('other'));
    const driverName = { volume: 'db', driver: driver.name };
    expect(await told()).toEqual({
      message: expect.stringMatching(/^Volume db was removed from driver .*, and its data is kept\.$/),
      waysOut: [
        { act: 'undelete', ...driverName },
        { act: 'create', ...driverName },
      ],
    });
    await driver.undelete(db);
    expect((await driver.get(db))?.volume.name).toBe('db');
    await driver.mount(db, id('1'), present);
    await driver.unmount(db, id('1'));
  });
});

test.each<[string, (driver: Subject['driver']) => Promise<unknown>]>([
  ['a snapshot', (driver) => driver.snapshot(volume('dbb'), parseSnapshotName('one'))],
  ['a rollback', (driver) => driver.rollback(volume('dbb'), parseSnapshotName('one'))],
  ['growth', (driver) => driver.grow(volume('dbb'), '1GiB')],
  ['a copy', (driver) => driver.create(volume('copy'), { from: 'dbb' })],
  ['a release', (driver) => driver.releaseVolume(volume('dbb'))],
])('%s of an absent volume does not advise to create an empty one', async (_, act) => {
  for (const open of [subjects.local, subjects.joint]) {
    if (open === undefined) throw new Error('no such subject');
    const { driver, close } = await open();
    await driver.create(volume('dbz'), {});
    const near = expect.stringMatching(/^Volume dbb does not exist .* Did you mean dbz\?$/);
    const message = driver.members.length === 0 ? near : expect.stringContaining('does not exist');
    await expect(act(driver)).rejects.toMatchObject({ code: 'not-found', message, waysOut: [] });
    await close();
  }
});

test('does not wait for a slow trash', async () => {
  let hung = false;
  const host = interceptHost(createFakeHost(), (call, run) =>
    hung && call.detail.includes('trash') ? new Promise(() => undefined) : run(),
  );
  const { driver } = await openRig({ host, timings: { trashDeadline: 20 } });
  await driver.create(db, {});
  await driver.remove(db);
  hung = true;
  expect((await driver.missing(db)).message).toBe('Volume db does not exist in driver holdfast.');
});

test('a joint driver knows the removed volumes of the members that answer', async () => {
  const rig = await openJointRig();
  await rig.joint.create(db, {});
  await rig.joint.remove(db);
  rig.silence('shared');
  expect((await rig.joint.missing(db)).waysOut).toContainEqual({
    act: 'undelete',
    volume: 'db',
    driver: 'all',
  });
  await rig.close();
});
