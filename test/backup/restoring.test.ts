import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createRestores } from '../../src/backup/restoring.ts';
import { parseVolumeName } from '../../src/core/names.ts';
import type { Options } from '../../src/core/volume.ts';
import { VolumeError } from '../../src/core/volume-error.ts';
import { eventually } from '../lab/eventually.ts';
import { type BackupRig, fakeResticFolder, openBackupRig } from './rig.ts';

const db = parseVolumeName('db');
const other = parseVolumeName('other');
let resticFolder: string;
let rig: BackupRig;

/** Volume `db` is backed up and gone. */
beforeEach(async () => {
  resticFolder = fakeResticFolder();
  rig = await openBackupRig({ resticFolder });
  writeFileSync(join(rig.driver.add('db', { uid: '7', mode: '0750' }), 'rows'), 'rows');
  await rig.task({ do: 'init', repository: 'nas' });
  await rig.task({ do: 'run', plan: 'nightly' });
  rig = await rig.reopen();
});
afterEach(async () => {
  await rig.close();
  rmSync(resticFolder, { recursive: true });
});

const restores = (patience?: number) => createRestores(() => rig.backups, patience);
const restored = () => rig.events.filter(([event]) => event === 'backup-restored').length;

describe('a volume with the option restore', () => {
  test('has the data of the backup when its Create succeeds, and the options of the earlier one', async () => {
    await restores().create(rig.driver, other, { restore: 'nas:db', gid: '8' });
    expect(readFileSync(join(rig.driver.data('other'), 'rows'), 'utf8')).toBe('rows');
    expect((await rig.driver.get(other))?.volume).toMatchObject({
      options: { uid: '7', gid: '8', restore: 'nas:db' },
    });
  });
  test('has the options that are given instead of those of the backup, under whichever name', async () => {
    await restores().create(rig.driver, other, { restore: 'nas:db', owner: '9' });
    expect((await rig.driver.get(other))?.volume).toMatchObject({ options: { uid: '9', mode: '0750' } });
  });
  test('keeps the options that its driver takes if it refuses another one', async () => {
    const { foresee } = rig.driver;
    rig.driver.foresee = async (intent) => {
      if (intent.verb === 'create' && intent.options.uid !== undefined)
        throw new VolumeError('invalid', 'There is no option uid.');
      return foresee(intent);
    };
    const { steps } = await restores().foresee(rig.driver, other, { restore: 'nas:db', gid: '9' });
    expect(steps.map((step) => 'about' in step && step.about)).toEqual([
      expect.stringContaining('with restore=nas:db, gid=9, mode=0750, with the data'),
      expect.stringMatching(/does not take were left out.*\(uid\): There is no option uid/),
    ]);
  });
  test.each([
    ['a directory of a share', { subdir: 'placed' }],
    ['an adopted directory', { path: '/srv/placed' }],
    ['a directory of another share', { share: 'guest0:/srv/placed', create: 'true' }],
    ['a disk', { volumeId: 'vol-0123456789abcdef0', availabilityZone: 'eu-west-1a' }],
    ['a copy of a disk', { snapshot: 'snap-0123456789abcdef0' }],
  ])('never has the place of the earlier one, which was %s', async (_, place) => {
    writeFileSync(join(rig.driver.add('placed', { uid: '7', ...place }), 'rows'), 'placed');
    await rig.task({ do: 'run', plan: 'nightly' });
    await restores().create(rig.driver, other, { restore: 'nas:placed' });
    expect((await rig.driver.get(other))?.volume).toMatchObject({
      options: { uid: '7', restore: 'nas:placed' },
    });
    for (const name of Object.keys(place))
      expect((await rig.driver.get(other))?.volume).not.toHaveProperty(`options.${name}`);
  });
  test('`latest` means the latest backup of a volume with its name', async () => {
    await restores().create(rig.other, db, { restore: 'nas:latest' });
    expect(readFileSync(join(rig.other.data('db'), 'rows'), 'utf8')).toBe('rows');
    const none = restores().create(rig.other, other, { restore: 'nas:latest' });
    await expect(none).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('"other"'),
    });
  });
  test('is restored once, for any number of callers', async () => {
    const one = restores();
    await Promise.all([1, 2, 3].map(() => one.create(rig.driver, other, { restore: 'nas:db' })));
    expect(restored()).toBe(1);
    // It exists now: the same as any other Create.
    await one.create(rig.driver, other, { restore: 'nas:db' });
    expect(restored()).toBe(1);
  });
  test('is an error while it takes longer, and the same call joins the work', async () => {
    const hasty = restores(0);
    const asking = () => hasty.create(rig.driver, other, { restore: 'nas:db' });
    await expect(asking()).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringMatching(/still being restored from nas:db.*joins it/),
    });
    const differently = hasty.create(rig.driver, other, { restore: 'nas:db', gid: '9' });
    await expect(differently).rejects.toMatchObject({ code: 'conflict' });
    await eventually('the volume is there', () => asking().then(() => true));
    expect(restored()).toBe(1);
  });
  test('that nobody asked for any more after a while is made again once it was removed', async () => {
    const hasty = restores(0);
    const asking = (name: typeof other, options: Options) => hasty.create(rig.driver, name, options);
    const late = { code: 'timeout' };
    for (const options of [{ restore: 'nas:db' }, { restore: 'nas:db' }, { restore: 'nas:db', gid: '9' }]) {
      const before = restored();
      await expect(asking(other, options)).rejects.toMatchObject(late);
      // Begins once the restore has ended.
      await rig.task({ do: 'check', repository: 'nas' });
      expect(restored()).toBe(before + 1);
      rig.driver.forget(other);
    }
  });
  test('tells its failure when it is asked for again', async () => {
    const hasty = restores(0);
    const asking = () => hasty.create(rig.driver, other, { restore: 'nas:dx' });
    await expect(asking()).rejects.toMatchObject({ code: 'timeout' });
    await eventually('it has failed', () =>
      asking().then(
        () => false,
        (error) => error.code === 'not-found',
      ),
    );
  });
  test.each([
    ['nas', 'invalid', 'REPOSITORY:BACKUP'],
    ['nax:db', 'not-found', 'No repository "nax" is configured.'],
    ['nas:dx', 'not-found', 'has no backup "dx"'],
  ])('%s is refused, and leaves nothing', async (restore, code, words) => {
    const refused = restores().create(rig.driver, other, { restore });
    await expect(refused).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
    expect(await rig.driver.get(other)).toBeUndefined();
  });
  test.each([
    ['path', 'Path'],
    ['path', 'mountpoint'],
    ['share', 'device'],
    ['volumeId', 'id'],
    ['snapshot', 'snapshotId'],
  ])('is never written over data that exists: %s, asked for as %s', async (option, asked) => {
    const refused = restores().create(rig.driver, other, { restore: 'nas:db', [asked]: 'srv/data' });
    await expect(refused).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining(`the option ${option} is about data that exists`),
    });
    expect(await rig.driver.get(other)).toBeUndefined();
  });
  test('a dry run says what would be made', async () => {
    const { steps } = await restores().foresee(rig.driver, other, { restore: 'nas:db' });
    expect(steps).toEqual([{ act: 'create', about: expect.stringContaining('with the data of backup') }]);
  });
});
