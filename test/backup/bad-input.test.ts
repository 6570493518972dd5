import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals';
import type { BackupTask } from '../../src/core/protect/backup.ts';
import { createFollowedPrograms } from '../../src/host/follow-program.ts';
import { type BackupRig, fakeResticFolder, openBackupRig, type RigParts } from './rig.ts';

const folder = fakeResticFolder();
afterAll(() => rmSync(folder, { recursive: true }));

let rig: BackupRig;
async function open(parts: RigParts = {}): Promise<void> {
  rig = await openBackupRig({ resticFolder: folder, ...parts });
  writeFileSync(join(rig.driver.add('orders'), 'file'), 'content');
  await rig.task({ do: 'init', repository: 'nas' });
}
beforeEach(() => open());
afterEach(() => rig.close());

const restored = {
  do: 'restore',
  repository: 'nas',
  backup: 'orders',
  driver: 'holdfast',
  name: 'again',
  options: {},
} as const;
/** The volumes of the driver, with what a restore may have left. */
const left = () => readdirSync(join(rig.folder, 'holdfast'));

const unknown: readonly (readonly [string, BackupTask, RegExp])[] = [
  [
    'repository',
    { do: 'check', repository: 'nass' },
    /^No repository "nass" is configured\. Did you mean nas\?/,
  ],
  ['repository', { do: 'init', repository: 'x' }, /^No repository "x" is configured\. Those are: nas\./],
  ['repository', { ...restored, repository: 'nass' }, /^No repository "nass" .*Did you mean nas\?/],
  ['backup', { do: 'run', plan: 'nightyl' }, /^No backup "nightyl" is configured\. Did you mean nightly\?/],
  ['backup', { do: 'prove', plan: 'nightyl' }, /^No backup "nightyl" .*Did you mean nightly\?/],
  ['backup', { do: 'prune', plan: 'nightyl' }, /^No backup "nightyl" .*Did you mean nightly\?/],
];
test.each(unknown)(
  'an unknown %s is refused with the nearest one before anything begins: %j',
  (_, task, words) => {
    const refused = expect.objectContaining({ code: 'not-found', message: expect.stringMatching(words) });
    const begun = rig.calls.length;
    expect(() => rig.backups.begin(task)).toThrow(refused);
    expect(rig.calls).toHaveLength(begun);
  },
);
test('an unknown repository is not listed', async () => {
  await expect(rig.backups.list('elsewhere')).rejects.toThrow(
    'No repository "elsewhere" is configured. Those are: nas.',
  );
});
test.each<readonly [string, BackupTask, RegExp]>([
  [
    'volume',
    { do: 'run', plan: 'nightly', volumes: ['order'] },
    /selects no volume "order"\. Did you mean orders\?/,
  ],
  ['backup of a volume', { ...restored, backup: 'order' }, /has no backup "order"\. Did you mean orders\?/],
  ['driver', { ...restored, driver: 'holdfist' }, /no driver "holdfist"\. Did you mean holdfast\?/],
])('an unknown %s is refused with the nearest one, and nothing is made', async (_, task, words) => {
  await rig.task({ do: 'run', plan: 'nightly' });
  const error = { code: 'not-found', message: expect.stringMatching(words) };
  expect(await rig.task(task)).toMatchObject({ state: 'failed', error });
  expect(left()).toEqual(['orders']);
});
test('without restic every task names its package, and the volume stays as it is', async () => {
  const nothing = mkdtempSync(join(tmpdir(), 'holdfast-empty-'));
  const without = createFollowedPrograms(nothing);
  rig = await rig.reopen({}, { programs: without });
  const error = { code: 'unavailable', message: expect.stringContaining('restic is not installed: install') };
  for (const task of [
    { do: 'init', repository: 'nas' },
    { do: 'check', repository: 'nas' },
    { do: 'run', plan: 'nightly' },
    { do: 'prove', plan: 'nightly' },
    { do: 'prune', plan: 'nightly' },
    restored,
  ] as const)
    expect(await rig.task(task)).toMatchObject({ state: 'failed', error });
  expect((await rig.backups.list()).failures).toMatchObject([error]);
  expect(left()).toEqual(['orders']);
  expect(existsSync(join(rig.driver.data('orders'), 'file'))).toBe(true);
  rmSync(nothing, { recursive: true });
});
test.each([
  [
    'rest:http://backup:S3CR/ETpw@host/',
    'parse "http://backup:S3CR/ETpw@host/": invalid port ":S3CR" after host',
  ],
  ['rest:http://backup:S3CR ET"pw@host', 'parse "http://backup:S3CR ET"pw@host/": invalid userinfo'],
  ['rest:https://S3CRETtoken@host', 'Head "https://S3CRETtoken@host/config": refused'],
])("nothing of an URL's secrets is shown when restic shows a part of it: %s", async (url, said) => {
  const follow = async () => ({ exitCode: 1, stderr: `Fatal: ${said}` });
  const other = await openBackupRig({ url, programs: { follow } });
  const { failures } = await other.backups.list();
  expect(JSON.stringify(failures)).toContain('restic said: Fatal: ');
  expect(JSON.stringify(failures)).not.toMatch(/S3CR|ET.?pw|token/);
  await other.close();
});
test('a driver that is not open is a failure of each run that selects it, as its volumes are not known', async () => {
  const run = async (plan: object) => {
    rig = await rig.reopen(plan, { notOpen: ['gold'] });
    return (await rig.task({ do: 'run', plan: 'nightly' })).results.map(({ driver, code }) => [driver, code]);
  };
  expect(await run({})).toEqual([
    ['gold', 'unavailable'],
    ['holdfast', undefined],
  ]);
  expect(rig.events).toContainEqual([
    'backup-failed',
    { backup: 'nightly', driver: 'gold', error: expect.stringContaining('is not open') },
  ]);
  expect(await run({ drivers: ['gold'] })).toEqual([['gold', 'unavailable']]);
  expect(await run({ drivers: ['holdfast'] })).toEqual([['holdfast', undefined]]);
});
test('a restore that finds no space is an error, and leaves no volume', async () => {
  await rig.task({ do: 'run', plan: 'nightly' });
  const full = join(rig.repository, 'target-is-full');
  writeFileSync(full, '');
  expect(await rig.task(restored)).toMatchObject({
    state: 'failed',
    error: {
      code: 'failed',
      message: expect.stringMatching(/^Volume again could not be restored .*no space left/),
    },
  });
  expect(left()).toEqual(['orders']);
  rmSync(full);
  expect(await rig.task(restored)).toMatchObject({ state: 'done' });
});
test('a proof without space for it is refused with figures before anything is restored', async () => {
  await rig.task({ do: 'run', plan: 'nightly' });
  rig = await rig.reopen({}, { freeBytes: 3 });
  const { results } = await rig.task({ do: 'prove', plan: 'nightly' });
  expect(results).toMatchObject([
    {
      outcome: 'failed',
      code: 'unavailable',
      message: expect.stringMatching(/needs 7B, and only 3B are free in /),
    },
  ]);
  expect(rig.calls.some((call) => call.startsWith('restic restore'))).toBe(false);
  expect((await rig.backups.list()).backups[0]?.proof).toBeUndefined();
});
