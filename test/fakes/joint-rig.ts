import { silentLog } from '../../src/core/log.ts';
import type { NameRule } from '../../src/core/name-rule.ts';
import { parseDriverName } from '../../src/core/names.ts';
import { createJointDriver, type JointDriver } from '../../src/driver/joint/driver.ts';
import { type Timings, usualTimings } from '../../src/driver/timings.ts';
import { createFakeHost, createFakeState, type FakeState } from './host/fake-host.ts';
import { type Around, interceptHost } from './intercepted-host.ts';
import { openRig, type Rig } from './rig.ts';

/** A joint driver `all` over the local drivers `gold` and `shared`, all on one host in memory. */
export interface JointRig {
  readonly state: FakeState;
  readonly joint: JointDriver;
  readonly gold: Rig;
  readonly shared: Rig;
  /** Makes everything below the member's root inaccessible until `speak`. */
  silence(member: 'gold' | 'shared'): void;
  speak(): void;
  close(): Promise<void>;
}

export interface JointRigParts {
  readonly state?: FakeState;
  readonly rules?: readonly NameRule[];
  /** The member for volumes without a matching rule; `none`: there is none. */
  readonly defaultMember?: 'gold' | 'shared' | 'none';
  readonly timings?: Partial<Timings>;
  /** Wraps every call of the hosts. */
  readonly around?: Around;
}

const databasesInGold: readonly NameRule[] = [{ match: 'db*', member: parseDriverName('gold') }];

export async function openJointRig(parts: JointRigParts = {}): Promise<JointRig> {
  const state = parts.state ?? createFakeState();
  const silent = new Set<string>();
  const around: Around = async (call, run) => {
    if ([...silent].some((member) => call.detail.includes(`/srv/${member}/volumes`))) {
      throw Object.assign(new Error(`EIO: ${call.detail}`), { code: 'EIO' });
    }
    return parts.around ? parts.around(call, run) : run();
  };
  const open = (name: string): Promise<Rig> =>
    openRig({
      name,
      state,
      base: `/srv/${name}`,
      host: interceptHost(createFakeHost(state), around),
      ...(parts.timings ? { timings: parts.timings } : {}),
    });
  const gold = await open('gold');
  const shared = await open('shared');
  const { defaultMember = 'shared' } = parts;
  const joint = createJointDriver({
    name: parseDriverName('all'),
    members: [gold.driver, shared.driver],
    rules: parts.rules ?? databasesInGold,
    defaultMember: defaultMember === 'none' ? undefined : parseDriverName(defaultMember),
    log: silentLog,
    timings: { ...usualTimings, ...parts.timings },
  });
  return {
    state,
    joint,
    gold,
    shared,
    silence: (member) => void silent.add(member),
    speak: () => silent.clear(),
    async close() {
      silent.clear();
      await joint.close();
      await Promise.all([gold.driver.close(), shared.driver.close()]);
    },
  };
}
