import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { VolumeError } from '../../src/core/volume-error.ts';
import { createFollowedPrograms } from '../../src/host/follow-program.ts';
import type { FollowedPrograms } from '../../src/host/host.ts';
import { standardSearchPath } from '../../src/host/run-command.ts';
import { eventually } from '../lab/eventually.ts';
import { type BackupRig, fakeResticFolder, openBackupRig } from './rig.ts';

const hour = 3_600_000;
const day = 24 * hour;
const folder = fakeResticFolder();
afterAll(() => rmSync(folder, { recursive: true }));

let rig: BackupRig;
beforeEach(async () => {
  rig = await openBackupRig({ resticFolder: folder, plan: { prove: '0 5 * * *', keepLast: 1 } });
  // Later than what restic says of the backups that are made here.
  rig.clock = new Date(new Date().getFullYear() + 1, 5, 1).getTime();
  writeFileSync(join(rig.driver.add('db'), 'file'), 'content');
  await rig.task({ do: 'init', repository: 'nas' });
});
afterEach(() => rig.close());

const events = () => rig.events.map(([event]) => event).filter((event) => event !== 'backup-deleted');
const pass = async (milliseconds: number) => {
  rig.clock += milliseconds;
  await rig.backups.round();
};

/** With a restic whose command runs until it is interrupted. */
function hanging(command: string): FollowedPrograms {
  const real = createFollowedPrograms(`${folder}:${standardSearchPath}`);
  return {
    async follow(program, args, how, signal) {
      if (args[0] !== command) return real.follow(program, args, how, signal);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw new VolumeError('timeout', 'It was interrupted.');
    },
  };
}

describe('the rounds', () => {
  test('begin with the schedule, and make missed runs up, once, also after a restart', async () => {
    await pass(0);
    await pass(2 * hour);
    expect(events()).toEqual([]);
    await pass(2 * hour);
    expect(events()).toEqual(['backup-made']);
    await pass(2 * hour);
    await pass(hour);
    expect(events()).toEqual(['backup-made', 'backup-proven']);
    rig.clock += 5 * day;
    rig = await rig.reopen();
    await pass(0);
    await pass(hour);
    expect(events().filter((event) => event !== 'backup-late')).toEqual(['backup-made', 'backup-proven']);
    expect(await rig.backups.standings()).toMatchObject([
      { volume: 'db', isLate: false, lastGood: rig.clock - hour },
    ]);
    // Retention is applied after each run; the older one goes when the newer one is proven.
    expect((await rig.backups.list()).backups).toHaveLength(2);
    await pass(day);
    expect((await rig.backups.list()).backups).toHaveLength(2);
  });
  test('report what is late, once a day, and why', async () => {
    await pass(0);
    await pass(day);
    expect(events()).toEqual(['backup-made', 'backup-proven']);
    rmSync(rig.repository, { recursive: true });
    await pass(day);
    await pass(day);
    await pass(hour);
    const late = rig.events.filter(([event]) => event === 'backup-late').map(([, fields]) => fields);
    expect(late).toMatchObject([
      {
        driver: 'holdfast',
        volume: 'db',
        backup: 'nightly',
        why: expect.stringMatching(/^the last backup is of .*, and the last proof is of/),
      },
    ]);
    expect(await rig.backups.standings()).toMatchObject([{ isLate: true }]);
    await pass(day);
    expect(rig.events.filter(([event]) => event === 'backup-late')).toHaveLength(2);
    expect(rig.events.some(([, { error }]) => String(error).includes('holdfast backup init nas'))).toBe(true);
  });
  test.each(['killed', 'stopped'])(
    'make up what a daemon that was %s has cut, once, and leave the rest to the schedule',
    async (how) => {
      await pass(0);
      await pass(4 * hour);
      expect(events()).toEqual(['backup-made']);
      const state = join(rig.folder, 'state/state.json');
      /** A round whose work with restic never ends by itself. */
      const cut = async (command: string) => {
        rig = await rig.reopen(undefined, { programs: hanging(command) });
        const round = rig.backups.round();
        await eventually('restic runs', async () => rig.calls.some((call) => call.includes(` ${command} `)));
        const left = readFileSync(state);
        await rig.backups.close();
        await round;
        if (how === 'killed') writeFileSync(state, left);
        rig = await rig.reopen(undefined, {
          programs: createFollowedPrograms(`${folder}:${standardSearchPath}`),
        });
        rig.clock += hour;
      };
      rig.clock += day - 3 * hour;
      await pass(0);
      rig.clock += day;
      await cut('backup');
      await pass(0);
      await pass(0);
      expect(events()).toEqual(['backup-made', 'backup-proven']);
      rig.clock += day;
      await cut('restore');
      await pass(0);
      await pass(0);
      expect(events()).toEqual(['backup-made', 'backup-proven']);
      // Work that ends the daemon each time does not do so at every start.
      rig.clock += day;
      await cut('backup');
      await cut('backup');
      await pass(0);
      expect(events().filter((event) => event === 'backup-made')).toEqual([]);
    },
  );
  test('tell what is late also while a task never ends, as with a server that does not answer', async () => {
    await pass(0);
    await pass(day);
    rig = await rig.reopen(undefined, { programs: hanging('backup') });
    rig.clock += day;
    const hung = rig.backups.round();
    await eventually('restic runs', async () => rig.calls.some((call) => call.includes(' backup ')));
    expect(events()).toEqual([]);
    await pass(2 * day);
    await pass(hour);
    expect(events()).toEqual(['backup-late']);
    await rig.backups.close();
    await hung;
  });
  test('tell what is late although the last backup seems to be of the future', async () => {
    await pass(0);
    await pass(4000 * day);
    expect(await rig.backups.standings()).toMatchObject([{ lastGood: rig.clock }]);
    rig.clock -= 4000 * day;
    await pass(0);
    rmSync(rig.repository, { recursive: true });
    await pass(3 * day);
    await pass(day);
    expect(events()).toContain('backup-late');
  });
  test('with a clock that was wrong, or a damaged state, begin again and delete nothing', async () => {
    await pass(0);
    await pass(day);
    rig.clock -= 400 * day;
    await rig.backups.round();
    expect(events()).toEqual(['backup-made', 'backup-proven']);
    writeFileSync(join(rig.folder, 'state', 'state.json'), '{"proofs":');
    rig = await rig.reopen();
    expect(events()).toEqual(['backup-state-unreadable']);
    const { backups, failures } = await rig.backups.list();
    expect([backups.map(({ proof }) => proof), failures]).toEqual([[undefined], []]);
    expect(await rig.backups.foresee({ do: 'prune', plan: 'nightly' })).toEqual([]);
  });
});
