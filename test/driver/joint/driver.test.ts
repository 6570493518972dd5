import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Capabilities } from '../../../src/backends/backend.ts';
import { silentLog } from '../../../src/core/log.ts';
import { noMountId, parseDriverName } from '../../../src/core/names.ts';
import { requireReadable } from '../../../src/core/volume.ts';
import { createJointDriver, type JointDriver } from '../../../src/driver/joint/driver.ts';
import type { Member } from '../../../src/driver/joint/member.ts';
import { createAbsentDriver } from '../../../src/driver/slot/absent-driver.ts';
import { notOpen } from '../../../src/driver/slot/not-open.ts';
import { usualTimings } from '../../../src/driver/timings.ts';
import { type JointRig, type JointRigParts, openJointRig } from '../../fakes/joint-rig.ts';
import { id, present, type Rig, volume } from '../../fakes/rig.ts';

let rig: JointRig;
const open = async (parts?: JointRigParts) => {
  rig = await openJointRig(parts);
};
beforeEach(() => open());
afterEach(() => rig.close());

const db = volume('db');
const web = volume('web');
const a = id('a');

const names = ({ driver }: Rig): readonly string[] =>
  Array.from(driver.list(), (listed) => listed.volume.name).sort();
const isMounted = async (member: Rig, name = 'db'): Promise<boolean> =>
  (await member.host.mounts.at(member.mountpoint(name))).kind === 'mounted';
const holders = async (member: Rig, name = db): Promise<readonly string[]> =>
  ((await member.driver.get(name))?.holders ?? []).map((holder) => holder.id);

/** Leaves what two agents leave if they create the same name at the same time through different rules. */
async function makeAmbiguous(name = db): Promise<void> {
  await rig.gold.driver.create(name, {});
  await rig.shared.driver.create(name, {});
}

function jointOver(members: readonly Member[]): JointDriver {
  return createJointDriver({
    name: parseDriverName('all'),
    members,
    rules: [],
    defaultMember: parseDriverName('gold'),
    log: silentLog,
    timings: usualTimings,
  });
}

describe('a new volume', () => {
  test('is created in the member of the first matching rule, or else in the default', async () => {
    await rig.joint.create(db, { mode: '0700' });
    await rig.joint.create(web, {});
    expect([names(rig.gold), names(rig.shared)]).toEqual([['db'], ['web']]);
    expect((await rig.gold.driver.get(db))?.volume).toHaveProperty('given', { mode: '0700' });
  });

  test('is created where the option says, in spite of any rule, and the member does not see the option', async () => {
    await rig.joint.create(db, { MEMBER: 'shared', mode: '0700' });
    expect([names(rig.gold), names(rig.shared)]).toEqual([[], ['db']]);
    expect((await rig.shared.driver.get(db))?.volume).toHaveProperty('given', { mode: '0700' });
  });

  test('is refused if no member is selected', async () => {
    await rig.close();
    await open({ defaultMember: 'none' });
    await rig.joint.create(db, {});
    await expect(rig.joint.create(web, {})).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(
        /no member of driver all is selected: give the option `member=NAME` \(gold and shared\)/,
      ),
    });
  });

  test('is refused for an unknown member, with the nearest one, and for two members', async () => {
    await expect(rig.joint.create(db, { member: 'god' })).rejects.toMatchObject({
      code: 'invalid',
      message: 'Volume db: driver all has no member "god". Did you mean gold?',
    });
    await expect(rig.joint.create(db, { member: 'gold', Member: 'shared' })).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('given twice'),
    });
    expect([...rig.joint.list()]).toEqual([]);
  });

  test('is created once if two callers ask for different members at once', async () => {
    const made = await Promise.allSettled([
      rig.joint.create(db, { member: 'gold' }),
      rig.joint.create(db, { member: 'shared' }),
    ]);
    expect(made.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect([names(rig.gold), names(rig.shared)]).toEqual([['db'], []]);
  });

  test('is refused with an option that its member does not accept', async () => {
    await expect(rig.joint.create(db, { sise: '1GiB' })).rejects.toMatchObject({ code: 'invalid' });
    expect([...rig.joint.list()]).toEqual([]);
  });
});

describe('a Create of a volume that a member has', () => {
  beforeEach(() => rig.shared.driver.create(db, { mode: '0700' }));

  test('goes there in spite of any rule: it succeeds with equal options, with none, and with that member', async () => {
    await rig.joint.create(db, { mode: '0700' });
    await rig.joint.create(db, {});
    await rig.joint.create(db, { member: 'shared' });
    expect(names(rig.gold)).toEqual([]);
  });

  test('with other options, or another member, is a conflict that names both', async () => {
    await expect(rig.joint.create(db, { mode: '0750' })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('mode is "0700", not "0750"'),
    });
    await expect(rig.joint.create(db, { member: 'gold' })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/exists in member shared of driver all, not in gold/),
    });
  });
});

describe('a volume is found in the member that has it', () => {
  beforeEach(async () => {
    await rig.gold.driver.create(volume('x'), {});
    await rig.joint.create(web, {});
  });

  test('by Get, which names the member, and List, which is sorted', async () => {
    expect(await rig.joint.get(volume('x'))).toMatchObject({ member: 'gold', volume: { name: 'x' } });
    expect(await rig.joint.get(web)).toMatchObject({ member: 'shared' });
    expect(await rig.joint.get(db)).toBeUndefined();
    expect(Array.from(rig.joint.list(), (listed) => listed.volume.name)).toEqual(['web', 'x']);
  });

  test('even if another host has just created it', async () => {
    const elsewhere = await openJointRig({ state: rig.state });
    await elsewhere.joint.create(db, {});
    expect(await rig.joint.get(db)).toMatchObject({ member: 'gold' });
    await elsewhere.close();
  });

  test('by Mount, at the mountpoint of the member, until the Unmount', async () => {
    const { mountpoint } = await rig.joint.mount(web, a, present);
    expect(mountpoint).toBe(rig.shared.mountpoint('web'));
    expect(await isMounted(rig.shared, 'web')).toBe(true);
    expect(await rig.joint.get(web)).toMatchObject({ mountpoint, holders: [{ id: 'a' }] });
    await rig.joint.unmount(web, a);
    expect(await isMounted(rig.shared, 'web')).toBe(false);
  });

  test('by Remove, by the list of what was removed, and by undelete', async () => {
    await rig.joint.remove(volume('x'));
    expect(names(rig.gold)).toEqual([]);
    expect(await rig.joint.listRemoved()).toMatchObject([{ volume: { name: 'x' } }]);
    await rig.joint.undelete(volume('x'));
    expect(names(rig.gold)).toEqual(['x']);
    await rig.joint.remove(volume('x'));
    await rig.shared.driver.create(volume('taken'), {});
    await expect(rig.joint.undelete(volume('x'), undefined, volume('taken'))).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('Volume taken exists in member'),
    });
    await rig.joint.undelete(volume('x'), undefined, volume('y'));
    expect(names(rig.gold)).toEqual(['y']);
  });

  test('and if none has it: no view, no such volume, and nothing to do', async () => {
    await expect(rig.joint.mount(db, a, present)).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('does not exist in driver all'),
    });
    await rig.joint.unmount(db, a);
    await rig.joint.remove(db);
    await expect(rig.joint.undelete(db)).rejects.toMatchObject({ code: 'not-found' });
  });

  test('and its revision changes with each of them', async () => {
    const seen = [rig.joint.revision];
    await rig.gold.driver.create(db, {});
    seen.push(rig.joint.revision);
    await rig.joint.mount(web, a, present);
    seen.push(rig.joint.revision);
    await rig.shared.driver.unmount(web, a);
    seen.push(rig.joint.revision);
    expect(new Set(seen).size).toBe(4);
    await rig.joint.get(web);
    expect(rig.joint.revision).toBe(seen.at(-1));
  });
});

describe('a name that two members have', () => {
  const both = {
    code: 'conflict',
    message: expect.stringMatching(/db exists in the members gold and shared of driver all/),
    waysOut: ['use each through its own driver', { act: 'remove', volume: 'db', driver: 'shared' }],
  };

  test('is refused by every verb with both members and the way out, and listed once', async () => {
    await makeAmbiguous();
    await expect(rig.joint.get(db)).rejects.toMatchObject(both);
    await expect(rig.joint.mount(db, a, present)).rejects.toMatchObject(both);
    await expect(rig.joint.create(db, {})).rejects.toMatchObject(both);
    await expect(rig.joint.create(db, { member: 'gold' })).rejects.toMatchObject(both);
    await expect(rig.joint.remove(db)).rejects.toMatchObject(both);
    expect([...rig.joint.list()]).toHaveLength(1);
    expect([names(rig.gold), names(rig.shared)]).toEqual([['db'], ['db']]);
  });

  test('is usable again when one is removed through its own driver', async () => {
    await makeAmbiguous();
    await rig.shared.driver.remove(db);
    await rig.joint.mount(db, a, present);
    expect(await isMounted(rig.gold)).toBe(true);
  });

  test('is not mounted, even if the cache of this host knows only one', async () => {
    const elsewhere = await openJointRig({ state: rig.state });
    await rig.gold.driver.create(db, {});
    await elsewhere.shared.driver.create(db, {});
    await elsewhere.close();
    await expect(rig.joint.mount(db, a, present)).rejects.toMatchObject(both);
    expect(await isMounted(rig.gold)).toBe(false);
  });

  test('is usable again when another host removed one of the two', async () => {
    await makeAmbiguous();
    const elsewhere = await openJointRig({ state: rig.state });
    await elsewhere.gold.driver.remove(db);
    await elsewhere.close();
    expect(await rig.joint.get(db)).toMatchObject({ member: 'shared' });
  });

  test('stays usable for its holder: Get, Mount by the same ID, and the Unmount', async () => {
    await rig.gold.driver.create(db, {});
    await rig.joint.mount(db, a, present);
    await rig.shared.driver.create(db, {});
    expect(await rig.joint.get(db)).toMatchObject({ member: 'gold', holders: [{ id: 'a' }] });
    await rig.joint.mount(db, a, present);
    await expect(rig.joint.mount(db, id('b'), present)).rejects.toMatchObject(both);
    await rig.joint.unmount(db, a);
    expect([await isMounted(rig.gold), await isMounted(rig.shared)]).toEqual([false, false]);
  });

  test('is unmounted in exactly the members where the ID holds it', async () => {
    await makeAmbiguous();
    await rig.gold.driver.mount(db, a, present);
    await rig.shared.driver.mount(db, a, present);
    await rig.shared.driver.mount(db, id('b'), present);
    await rig.joint.unmount(db, a);
    expect([await isMounted(rig.gold), await holders(rig.shared)]).toEqual([false, ['b']]);
  });

  test('does not arise from an undelete', async () => {
    await rig.gold.driver.create(db, {});
    await rig.gold.driver.remove(db);
    await rig.shared.driver.create(db, {});
    await expect(rig.joint.undelete(db)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('exists in member shared'),
    });
    expect(names(rig.gold)).toEqual([]);
  });
});

describe('callers of the joint name and of the member itself', () => {
  beforeEach(() => rig.gold.driver.create(db, {}));

  test.each([
    ['joint first', 'joint'],
    ['member first', 'member'],
  ] as const)('without an ID hold separately: %s', async (_, first) => {
    const through = { joint: rig.joint, member: rig.gold.driver };
    await through.joint.mount(db, noMountId, present);
    await through.member.mount(db, noMountId, present);
    expect(await holders(rig.gold)).toEqual(['no-id@all', 'no-id']);
    await through[first].unmount(db, noMountId);
    expect(await isMounted(rig.gold)).toBe(true);
    await through[first].unmount(db, noMountId);
    expect(await isMounted(rig.gold)).toBe(true);
    await through[first === 'joint' ? 'member' : 'joint'].unmount(db, noMountId);
    expect(await isMounted(rig.gold)).toBe(false);
  });

  test('without an ID are one holder each, for any number of Mounts, and after a restart of the daemon', async () => {
    await rig.joint.mount(db, noMountId, present);
    await rig.joint.mount(db, noMountId, present);
    const restarted = await openJointRig({ state: rig.state });
    expect(await holders(restarted.gold)).toEqual(['no-id@all']);
    await restarted.joint.unmount(db, noMountId);
    expect(await isMounted(restarted.gold)).toBe(false);
    await restarted.close();
  });

  test('with IDs keep their own IDs', async () => {
    await rig.joint.mount(db, a, present);
    await rig.gold.driver.mount(db, id('b'), present);
    expect(await holders(rig.gold)).toEqual(['a', 'b']);
    await rig.joint.unmount(db, a);
    expect(await isMounted(rig.gold)).toBe(true);
  });

  test('an operator holds it once, by any name', async () => {
    await rig.joint.mount(db, id('operator'), present);
    expect((await rig.gold.driver.get(db))?.holders).toMatchObject([{ kind: 'operator' }]);
    await rig.gold.driver.unmount(db, id('operator'));
    expect(await isMounted(rig.gold)).toBe(false);
  });
});

test('an Unmount that overtakes a running Mount ends unmounted', async () => {
  await rig.joint.create(db, {});
  const mounting = rig.joint.mount(db, a, present);
  await rig.joint.unmount(db, a);
  await mounting;
  expect(await isMounted(rig.gold)).toBe(false);
});

test('a caller that hung up in the middle of a Mount does not hold the volume', async () => {
  await rig.joint.create(db, {});
  await expect(rig.joint.mount(db, a, { gone: () => true })).rejects.toMatchObject({ code: 'timeout' });
  expect(await holders(rig.gold)).toEqual([]);
});

describe('while a member cannot be asked', () => {
  const silent = (doing: RegExp) => ({ code: 'unavailable', message: expect.stringMatching(doing) });

  test('volumes of another member stay usable: Get, Mount, Unmount, and a repeated Create', async () => {
    await rig.joint.create(db, {});
    rig.silence('shared');
    expect(await rig.joint.get(db)).toMatchObject({ member: 'gold' });
    await rig.joint.create(db, {});
    await rig.joint.mount(db, a, present);
    expect(await isMounted(rig.gold)).toBe(true);
    await rig.joint.unmount(db, a);
    expect(await isMounted(rig.gold)).toBe(false);
  });

  test('volumes that it is known to have can be looked at, and stay held', async () => {
    await rig.joint.create(web, {});
    await rig.joint.mount(web, a, present);
    rig.silence('shared');
    expect(await rig.joint.get(web)).toMatchObject({ member: 'shared', holders: [{ id: 'a' }] });
    await rig.joint.mount(web, a, present);
    await rig.joint.unmount(web, a);
    expect(await isMounted(rig.shared, 'web')).toBe(false);
  });

  test('a name that no member knows is never called absent', async () => {
    rig.silence('shared');
    const expected = silent(
      /^Cannot tell whether volume db exists in driver all: member shared does not answer \(/,
    );
    await expect(rig.joint.get(db)).rejects.toMatchObject(expected);
    await expect(rig.joint.mount(db, a, present)).rejects.toMatchObject(expected);
    await expect(rig.joint.remove(db)).rejects.toMatchObject(expected);
    await rig.joint.unmount(db, a);
  });

  test('no volume is created in any member until it answers', async () => {
    rig.silence('shared');
    await expect(rig.joint.create(db, {})).rejects.toMatchObject(
      silent(/: member shared does not answer \(/),
    );
    expect(names(rig.gold)).toEqual([]);
    rig.speak();
    await rig.joint.create(db, {});
    expect(names(rig.gold)).toEqual(['db']);
  });

  test('nothing is removed, and the way out is the driver of the member that has it', async () => {
    await rig.joint.create(db, {});
    rig.silence('shared');
    await expect(rig.joint.remove(db)).rejects.toMatchObject({
      ...silent(/was not removed: member gold .* member shared does not answer /),
      waysOut: ['try again when it answers', { act: 'remove', volume: 'db', driver: 'gold' }],
    });
    expect(names(rig.gold)).toEqual(['db']);
  });

  test('volumes can be brought back only by their ID, and a list is refused rather than incomplete', async () => {
    await rig.joint.create(db, {});
    const found = await rig.gold.driver.get(db);
    const kept = found && requireReadable(found.volume).id;
    await rig.joint.remove(db);
    rig.silence('shared');
    await expect(rig.joint.listRemoved()).rejects.toMatchObject(silent(/: member shared does not answer \(/));
    await expect(rig.joint.undelete(db)).rejects.toMatchObject(silent(/: member shared does not answer \(/));
    rig.speak();
    await rig.joint.undelete(db, kept);
    expect(names(rig.gold)).toEqual(['db']);
  });

  test('a storage that never answers makes it silent after a while, and Get fails quickly', async () => {
    await rig.close();
    let hung = false;
    await open({
      timings: { lookupDeadline: 50, callDeadline: 100 },
      around: (call, run) =>
        hung && call.detail.includes('/srv/shared/volumes') ? new Promise(() => undefined) : run(),
    });
    await rig.joint.create(db, {});
    hung = true;
    await rig.joint.mount(db, a, present);
    expect(await isMounted(rig.gold)).toBe(true);
    await expect(rig.joint.create(volume('dbs'), {})).rejects.toMatchObject(
      silent(/The storage of driver shared has not answered within 0.1 s/),
    );
    hung = false;
  });

  test.each([
    ['is waited for as long as a caller can wait if no member is known to have the name', 300, 1_000],
    ['is waited for only briefly if another member has the name', 60_000, 50],
  ])('one whose storage is slow %s', async (_, slow, lookupDeadline) => {
    await rig.close();
    let isSlow = false;
    await open({
      timings: { lookupDeadline, callDeadline: 5_000 },
      around: async (call, run) => {
        if (isSlow && call.detail.includes('/srv/shared/volumes'))
          await new Promise((resolve) => setTimeout(resolve, slow).unref());
        return run();
      },
    });
    const elsewhere = await openJointRig({ state: rig.state });
    const name = slow > 5_000 ? db : web;
    await elsewhere.joint.create(name, {});
    await elsewhere.close();
    isSlow = true;
    expect(await rig.joint.get(name)).toMatchObject({ member: name === db ? 'gold' : 'shared' });
    isSlow = false;
  });
});

describe('what was removed', () => {
  test('can be brought back: the newest of all members, or by its ID', async () => {
    await rig.joint.create(db, { member: 'gold' });
    const first = await rig.joint.get(db);
    const older = first && requireReadable(first.volume).id;
    await rig.joint.remove(db);
    rig.state.clock.now += 5_000;
    await rig.joint.create(db, { member: 'shared' });
    await rig.joint.remove(db);
    expect((await rig.joint.listRemoved()).map(({ volume: { id: removed } }) => removed === older)).toEqual([
      false,
      true,
    ]);
    await rig.joint.undelete(db);
    expect([names(rig.gold), names(rig.shared)]).toEqual([[], ['db']]);
    await rig.joint.remove(db);
    await rig.joint.undelete(db, older);
    expect([names(rig.gold), names(rig.shared)]).toEqual([['db'], []]);
  });
});

describe('its description', () => {
  const capable = (capabilities: Capabilities): Member => ({ ...rig.gold.driver, capabilities });
  const capabilitiesOf = (...members: Member[]): Capabilities => jointOver(members).capabilities;

  test('has the weakest capabilities of its members', () => {
    const global = capable({ scope: 'global', sharing: 'many-hosts' });
    const block = capable({ scope: 'global', sharing: 'one-host' });
    expect(capabilitiesOf(global, global)).toEqual({ scope: 'global', sharing: 'many-hosts' });
    expect(capabilitiesOf(global, block)).toEqual({ scope: 'global', sharing: 'one-host' });
    expect(capabilitiesOf(global, rig.shared.driver)).toEqual({ scope: 'local', sharing: 'one-host' });
  });

  test('has its members, and nothing is recovered twice', async () => {
    expect(rig.joint.members).toEqual(['gold', 'shared']);
    await rig.joint.create(db, {});
    await rig.joint.mount(db, a, present);
    await rig.gold.host.mounts.unmount(rig.gold.mountpoint('db'));
    expect(await rig.gold.driver.planRecovery()).toHaveLength(1);
    expect(await rig.joint.planRecovery()).toEqual([]);
    expect(await rig.joint.recover()).toEqual([]);
    expect(await isMounted(rig.gold)).toBe(false);
  });
});

test('a member that could not be started is silent, and says why', async () => {
  await rig.gold.driver.create(db, {});
  const ebs = parseDriverName('ebs');
  const missing = createAbsentDriver(ebs, 'ebs', () => notOpen(ebs, new Error('no credentials')));
  const joint = jointOver([missing, rig.gold.driver]);
  await joint.mount(db, a, present);
  await joint.unmount(db, a);
  expect([...joint.list()]).toHaveLength(1);
  expect(joint.capabilities.scope).toBe('local');
  await expect(joint.create(web, {})).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(
      /member ebs does not answer \(Driver ebs could not be started \(.*no credentials\)/,
    ),
  });
});
