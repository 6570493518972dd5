import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type BackupRig, fakeResticFolder, openBackupRig } from './rig.ts';

const day = 86_400_000;
let folder: string;
let resticFolder: string;
let hosts: BackupRig[];

/** Two daemons with one repository and the same configuration; both see volume `db`, and each has a disk of its own. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-hosts-'));
  resticFolder = fakeResticFolder();
  hosts = [];
  for (const hostname of ['host-a', 'host-b']) {
    const rig = await openBackupRig({
      resticFolder,
      hostname,
      scope: 'global',
      url: join(folder, 'repository'),
    });
    writeFileSync(join(rig.driver.add('db'), 'rows'), 'rows');
    hosts.push(rig);
  }
  await hosts[0]?.task({ do: 'init', repository: 'nas' });
  // Both know the plan since two days ago, and a time of its schedule has passed.
  for (const rig of hosts) {
    const now = rig.clock;
    rig.clock = now - 2 * day;
    await rig.backups.round();
    rig.clock = now;
  }
});
afterEach(async () => {
  for (const rig of hosts) await rig.close();
  for (const path of [folder, resticFolder]) rmSync(path, { recursive: true });
});

function both(): readonly [BackupRig, BackupRig] {
  const [a, b] = hosts;
  if (a === undefined || b === undefined) throw new Error('There are not two hosts.');
  return [a, b];
}
const made = async () =>
  (await both()[0].backups.list()).backups.filter(({ driver }) => driver === 'holdfast');
const uploads = (rig: BackupRig) => rig.calls.filter((call) => /kind=(whole|manifest)/.test(call)).length;

describe('a schedule that two hosts have', () => {
  test('is followed by one of them if both begin at the same moment', async () => {
    const [a, b] = both();
    await Promise.all([a.backups.round(), b.backups.round()]);
    expect(await made()).toHaveLength(1);
    expect(uploads(a) + uploads(b)).toBe(1);
  });
  test('is followed by the first one, and the other one knows that it is done', async () => {
    const [a, b] = both();
    await a.backups.round();
    await b.backups.round();
    expect(await made()).toMatchObject([{ host: 'host-a' }]);
    expect(await b.backups.standings()).toMatchObject([{ volume: 'db', lastGood: expect.any(Number) }]);
    // It is not asked again before the next time.
    const { length } = b.calls;
    await b.backups.round();
    expect(b.calls).toHaveLength(length);
  });
  test('is taken over from a host that died with its claim, after half an hour', async () => {
    const [a, b] = both();
    let end = (_: Error): void => undefined;
    a.driver.readAside = () =>
      new Promise((_, reject) => {
        end = reject;
      });
    const dead = a.backups.round();
    while (!a.calls.some((call) => call.includes('kind=claim')))
      await new Promise((wait) => setTimeout(wait, 10));
    await new Promise((wait) => setTimeout(wait, 500));
    await b.backups.round();
    expect(await made()).toEqual([]);
    b.clock += 10 * 60_000;
    await b.backups.round();
    expect(await made()).toEqual([]);
    b.clock += 25 * 60_000;
    await b.backups.round();
    expect(await made()).toMatchObject([{ host: 'host-b' }]);
    // Only so that its process can be closed.
    end(new Error('It is dead.'));
    await dead;
  });
  test('is followed by each host for volumes that only it sees, and by command', async () => {
    const [a, b] = both();
    for (const rig of hosts)
      Object.assign(rig.driver, { capabilities: { scope: 'local', sharing: 'one-host' } });
    await a.backups.round();
    await b.backups.round();
    expect(await made()).toHaveLength(2);
    await b.task({ do: 'run', plan: 'nightly' });
    expect(await made()).toHaveLength(3);
    // The latest one of `db` is of the other host's disk.
    expect((await a.task({ do: 'prove', plan: 'nightly' })).results).toMatchObject([{ outcome: 'ok' }]);
    const proven = (await a.backups.list()).backups.filter(({ proof }) => proof !== undefined);
    expect(proven).toMatchObject([{ host: 'host-a' }]);
  });
});
