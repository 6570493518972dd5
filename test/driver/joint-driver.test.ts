import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Capabilities } from '../../src/backends/backend.ts';
import { silentLog } from '../../src/core/log.ts';
import { noMountId, parseDriverName } from '../../src/core/names.ts';
import { createAbsentMember } from '../../src/driver/absent-member.ts';
import { createJointDriver, type JointDriver } from '../../src/driver/joint-driver.ts';
import type { Member } from '../../src/driver/member.ts';
import { usualTimings } from '../../src/driver/timings.ts';
import { type JointRig, type JointRigParts, openJointRig } from '../fakes/joint-rig.ts';
import { id, present, type Rig, volume } from '../fakes/rig.ts';

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

/** What two agents leave that create one name at once through different rules. */
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
  test('is made where the first rule says that its name matches, and elsewhere in the default', async () => {
    await rig.joint.create(db, { mode: '0700' });
    await rig.joint.create(web, {});
    expect([names(rig.gold), names(rig.shared)]).toEqual([['db'], ['web']]);
    expect((await rig.gold.driver.get(db))?.volume.given).toEqual({ mode: '0700' });
  });

  test('is made where the option says, whatever the rules are, and the member sees no such option', async () => {
    await rig.joint.create(db, { MEMBER: 'shared', mode: '0700' });
    expect([names(rig.gold), names(rig.shared)]).toEqual([[], ['db']]);
    expect((await rig.shared.driver.get(db))?.volume.given).toEqual({ mode: '0700' });
  });

  test('is refused where nothing says in which member', async () => {
    await rig.close();
    await open({ defaultMember: 'none' });
    await rig.joint.create(db, {});
    await expect(rig.joint.create(web, {})).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(
        /member of driver all to make it, gold and shared: give `-o member=NAME`/,
      ),
    });
  });

  test('is refused for a member that there is not, with the nearest one, and for two', async () => {
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

  test('is made once when it is created twice at once with different members', async () => {
    const made = await Promise.allSettled([
      rig.joint.create(db, { member: 'gold' }),
      rig.joint.create(db, { member: 'shared' }),
    ]);
    expect(made.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect([names(rig.gold), names(rig.shared)]).toEqual([['db'], []]);
  });

  test('is refused with an option that its member does not take', async () => {
    await expect(rig.joint.create(db, { sise: '1GiB' })).rejects.toMatchObject({ code: 'invalid' });
    expect([...rig.joint.list()]).toEqual([]);
  });
});

describe('a Create of a volume that a member has', () => {
  beforeEach(() => rig.shared.driver.create(db, { mode: '0700' }));

  test('goes there, against every rule: done with equal options, with none, and with that member', async () => {
    await rig.joint.create(db, { mode: '0700' });
    await rig.joint.create(db, {});
    await rig.joint.create(db, { member: 'shared' });
    expect(names(rig.gold)).toEqual([]);
  });

  test('is a conflict with other options, and with another member, which names both', async () => {
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

describe('a volume is found in whichever member has it', () => {
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

  test('also one that another host made just now', async () => {
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
  });

  test('and where none has it: no view, no such volume, and nothing to do', async () => {
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
    message: expect.stringMatching(
      /db exists in the members gold and shared of driver all.*--driver shared db/,
    ),
  };

  test('is refused by every verb with both names and the way out, and listed once', async () => {
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

  test('is not mounted though the cache of this host knows of one alone', async () => {
    const elsewhere = await openJointRig({ state: rig.state });
    await rig.gold.driver.create(db, {});
    await elsewhere.shared.driver.create(db, {});
    await elsewhere.close();
    await expect(rig.joint.mount(db, a, present)).rejects.toMatchObject(both);
    expect(await isMounted(rig.gold)).toBe(false);
  });

  test('is one name again when another host removed one of the two', async () => {
    await makeAmbiguous();
    const elsewhere = await openJointRig({ state: rig.state });
    await elsewhere.gold.driver.remove(db);
    await elsewhere.close();
    expect(await rig.joint.get(db)).toMatchObject({ member: 'shared' });
  });

  test('goes on for whoever holds it: Get, Mount by the same ID, and the Unmount', async () => {
    await rig.gold.driver.create(db, {});
    await rig.joint.mount(db, a, present);
    await rig.shared.driver.create(db, {});
    expect(await rig.joint.get(db)).toMatchObject({ member: 'gold', holders: [{ id: 'a' }] });
    await rig.joint.mount(db, a, present);
    await expect(rig.joint.mount(db, id('b'), present)).rejects.toMatchObject(both);
    await rig.joint.unmount(db, a);
    expect([await isMounted(rig.gold), await isMounted(rig.shared)]).toEqual([false, false]);
  });

  test('is unmounted in each member that the ID holds it in, and in no other', async () => {
    await makeAmbiguous();
    await rig.gold.driver.mount(db, a, present);
    await rig.shared.driver.mount(db, a, present);
    await rig.shared.driver.mount(db, id('b'), present);
    await rig.joint.unmount(db, a);
    expect([await isMounted(rig.gold), await holders(rig.shared)]).toEqual([false, ['b']]);
  });

  test('is not made by bringing a removed one back', async () => {
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
  ] as const)('without an ID each hold by themselves: %s', async (_, first) => {
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

  test('without an ID are one holder each, however often they mount, and after a restart of the daemon', async () => {
    await rig.joint.mount(db, noMountId, present);
    await rig.joint.mount(db, noMountId, present);
    const restarted = await openJointRig({ state: rig.state });
    expect(await holders(restarted.gold)).toEqual(['no-id@all']);
    await restarted.joint.unmount(db, noMountId);
    expect(await isMounted(restarted.gold)).toBe(false);
    await restarted.close();
  });

  test('with IDs are the holders that they are', async () => {
    await rig.joint.mount(db, a, present);
    await rig.gold.driver.mount(db, id('b'), present);
    expect(await holders(rig.gold)).toEqual(['a', 'b']);
    await rig.joint.unmount(db, a);
    expect(await isMounted(rig.gold)).toBe(true);
  });

  test('an operator holds it once, by whichever name', async () => {
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

test('a caller that hung up in the middle of a Mount is no holder', async () => {
  await rig.joint.create(db, {});
  await expect(rig.joint.mount(db, a, { gone: () => true })).rejects.toMatchObject({ code: 'timeout' });
  expect(await holders(rig.gold)).toEqual([]);
});

describe('while a member cannot be asked', () => {
  const silent = (doing: RegExp) => ({ code: 'unavailable', message: expect.stringMatching(doing) });

  test('what another has is used: Get, Mount, Unmount, and a repeated Create', async () => {
    await rig.joint.create(db, {});
    rig.silence('shared');
    expect(await rig.joint.get(db)).toMatchObject({ member: 'gold' });
    await rig.joint.create(db, {});
    await rig.joint.mount(db, a, present);
    expect(await isMounted(rig.gold)).toBe(true);
    await rig.joint.unmount(db, a);
    expect(await isMounted(rig.gold)).toBe(false);
  });

  test('what it is known to have is looked at, and held on to', async () => {
    await rig.joint.create(web, {});
    await rig.joint.mount(web, a, present);
    rig.silence('shared');
    expect(await rig.joint.get(web)).toMatchObject({ member: 'shared', holders: [{ id: 'a' }] });
    await rig.joint.mount(web, a, present);
    await rig.joint.unmount(web, a);
    expect(await isMounted(rig.shared, 'web')).toBe(false);
  });

  test('what no member knows is not said to be absent', async () => {
    rig.silence('shared');
    const expected = silent(
      /volume db exists in driver all cannot be told now: its member shared does not say \(/,
    );
    await expect(rig.joint.get(db)).rejects.toMatchObject(expected);
    await expect(rig.joint.mount(db, a, present)).rejects.toMatchObject(expected);
    await expect(rig.joint.remove(db)).rejects.toMatchObject(expected);
    await rig.joint.unmount(db, a);
  });

  test('nothing new is made, in the others neither, and then it is', async () => {
    rig.silence('shared');
    await expect(rig.joint.create(db, {})).rejects.toMatchObject(silent(/its member shared does not say/));
    expect(names(rig.gold)).toEqual([]);
    rig.speak();
    await rig.joint.create(db, {});
    expect(names(rig.gold)).toEqual(['db']);
  });

  test('nothing is removed, and the way out is the own driver', async () => {
    await rig.joint.create(db, {});
    rig.silence('shared');
    await expect(rig.joint.remove(db)).rejects.toMatchObject(
      silent(
        /was not removed: member gold .* member shared does not say .*`holdfast volume rm --driver gold db`/,
      ),
    );
    expect(names(rig.gold)).toEqual(['db']);
  });

  test('nothing is brought back but by its ID, and no list has a gap', async () => {
    await rig.joint.create(db, {});
    const kept = (await rig.gold.driver.get(db))?.volume.id;
    await rig.joint.remove(db);
    rig.silence('shared');
    await expect(rig.joint.listRemoved()).rejects.toMatchObject(silent(/its member shared does not say/));
    await expect(rig.joint.undelete(db)).rejects.toMatchObject(silent(/its member shared does not say/));
    rig.speak();
    await rig.joint.undelete(db, kept);
    expect(names(rig.gold)).toEqual(['db']);
  });

  test('one whose storage answers nothing at all is silent after a while, and Get is soon', async () => {
    await rig.close();
    let hung = false;
    await open({
      timings: { lookupDeadline: 50, coldLookupDeadline: 50, callDeadline: 100 },
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
});

describe('what was removed', () => {
  test('comes back as the newest over all members, or by its ID', async () => {
    await rig.joint.create(db, { member: 'gold' });
    const older = (await rig.joint.get(db))?.volume.id;
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

describe('what it says of itself', () => {
  const capable = (capabilities: Capabilities): Member => ({ ...rig.gold.driver, capabilities });
  const capabilitiesOf = (...members: Member[]): Capabilities => jointOver(members).capabilities;

  test('is the weakest of its members', () => {
    const global = capable({ scope: 'global', sharing: 'many-hosts' });
    const block = capable({ scope: 'global', sharing: 'one-host' });
    expect(capabilitiesOf(global, global)).toEqual({ scope: 'global', sharing: 'many-hosts' });
    expect(capabilitiesOf(global, block)).toEqual({ scope: 'global', sharing: 'one-host' });
    expect(capabilitiesOf(global, rig.shared.driver)).toEqual({ scope: 'local', sharing: 'one-host' });
  });

  test('is its members, and that it recovers nothing twice', async () => {
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
  const missing = createAbsentMember(parseDriverName('ebs'), 'ebs', new Error('no credentials'));
  const joint = jointOver([missing, rig.gold.driver]);
  await joint.mount(db, a, present);
  await joint.unmount(db, a);
  expect([...joint.list()]).toHaveLength(1);
  expect(joint.capabilities.scope).toBe('local');
  await expect(joint.create(web, {})).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(
      /member ebs does not say \(Driver ebs could not be started \(.*no credentials\)/,
    ),
  });
});
