import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Around, Containers, UsedVolume } from '../../src/core/protect/containers.ts';
import { VolumeError } from '../../src/core/volume-error.ts';
import { type BackupRig, fakeResticFolder, openBackupRig } from './rig.ts';

let resticFolder: string;
let rig: BackupRig;
let told: string[];
let prepares: (readonly [UsedVolume, Around])[];
let fails: 'prepare' | 'release' | undefined;
/** The repository takes nothing more after the release. */
let isFullThen: boolean;

const containers: Containers = {
  async prepare(used, around) {
    prepares.push([used, around]);
    if (fails === 'prepare') throw new VolumeError('failed', 'The command "flush" failed.');
    told.push('prepared');
    return {
      paused: around.pause ? new Set(['web']) : new Set(),
      async release() {
        if (!told.includes('released'))
          told.push(`released after ${readdirSync(join(rig.repository, 'snapshots')).length} uploads`);
        told.push('released');
        if (isFullThen) writeFileSync(join(rig.repository, 'data-is-full'), '');
        if (fails === 'release') throw new VolumeError('failed', 'Container web could not be unpaused.');
      },
    };
  },
  foresee: async () => ({ steps: ['Container web would be paused meanwhile.'], paused: new Set(['web']) }),
};

beforeEach(async () => {
  [told, prepares, fails, isFullThen] = [[], [], undefined, false];
  resticFolder = fakeResticFolder();
  rig = await openBackupRig({ resticFolder, containers, plan: { pause: true, execBefore: 'flush' } });
  writeFileSync(join(rig.driver.add('db'), 'rows'), 'rows');
  await rig.task({ do: 'init', repository: 'nas' });
});
afterEach(async () => {
  await rig.close();
  rmSync(resticFolder, { recursive: true });
});

const run = (around: Around = {}) => rig.task({ do: 'run', plan: 'nightly', around });
const released = () => told.find((one) => one.startsWith('released after'));

describe('the containers of a volume that is backed up', () => {
  test('are prepared as the plan says, unless the command says otherwise', async () => {
    await run();
    await run({ pause: false, execBefore: 'other' });
    expect(prepares).toMatchObject([
      [
        { volume: 'db', drivers: ['holdfast'] },
        { pause: true, execBefore: 'flush' },
      ],
      [{ volume: 'db' }, { pause: false, execBefore: 'other' }],
    ]);
  });
  test('are released as soon as there is a snapshot', async () => {
    rig.driver.shows = 'frozen';
    expect(await run()).toMatchObject({ results: [{ outcome: 'ok' }] });
    expect(released()).toBe('released after 0 uploads');
  });
  test('stay paused while the volume itself is read, and no longer', async () => {
    rig.driver.shows = 'paused';
    expect(await run()).toMatchObject({ results: [{ outcome: 'ok' }] });
    expect(released()).toBe('released after 1 uploads');
    const { backups } = await rig.backups.list();
    expect(backups).toMatchObject([{ consistency: 'paused', unsettled: 0 }]);
  });
  test('are released if the backup fails', async () => {
    rig.driver.shows = 'paused';
    rmSync(join(rig.driver.data('db')), { recursive: true });
    expect(await run()).toMatchObject({ results: [{ outcome: 'failed' }] });
    expect(told).toContain('released');
  });
  test('prevent a backup if their command fails', async () => {
    fails = 'prepare';
    expect(await run()).toMatchObject({
      results: [{ outcome: 'failed', message: expect.stringContaining('flush') }],
    });
    expect((await rig.backups.list()).backups).toEqual([]);
  });
  test('that cannot be released are an error, although there is a backup', async () => {
    fails = 'release';
    rig.driver.shows = 'frozen';
    expect(await run()).toMatchObject({
      results: [
        { outcome: 'failed', message: expect.stringMatching(/was made, but afterwards: .*unpaused/) },
      ],
    });
    expect((await rig.backups.list()).backups).toHaveLength(1);
  });
  test('are released before the manifest is stored, and without that there is no backup', async () => {
    [fails, isFullThen] = ['release', true];
    rig.driver.shows = 'paused';
    expect(await run()).toMatchObject({
      results: [{ outcome: 'failed', message: expect.stringMatching(/^The manifest .*no space left/) }],
    });
    expect((await rig.backups.list()).backups).toEqual([]);
  });
  test('are part of a dry run', async () => {
    expect(await rig.backups.foresee({ do: 'run', plan: 'nightly' })).toEqual([
      'Container web would be paused meanwhile.',
      'Volume db of driver holdfast would be backed up to nas.',
    ]);
  });
});
