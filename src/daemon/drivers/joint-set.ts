import type { JointConfiguration } from '../../config/configuration.ts';
import type { DriverName } from '../../core/names.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { createJointDriver, type JointDriver, type JointRules } from '../../driver/joint/driver.ts';
import { notOpen } from '../../driver/slot/not-open.ts';
import { usualTimings } from '../../driver/timings.ts';
import type { DriverHealth } from '../../http/admin/health.ts';
import type { OpeningParts } from './open.ts';
import type { DriverSlot } from './slot.ts';

/** The drivers that may be members. */
interface Members {
  find(name: DriverName): Pick<DriverSlot, 'driver' | 'isOpen'> | undefined;
}

export interface JointSet {
  readonly opened: ReadonlyMap<DriverName, JointDriver>;
  /** Opens those that have an open member now, and tells which. Without any, a joint driver could only refuse calls. */
  open(): readonly DriverName[];
  /** The current configuration has others: some are gone, some follow it, and some are opened. Calls under way finish. */
  follow(): void;
  refusal(name: DriverName): VolumeError;
  health(): readonly DriverHealth[];
  /** To be called before the members are closed. */
  close(): Promise<void>;
}

/** `parts`: those of the current configuration. */
export function createJointSet(parts: () => OpeningParts, members: Members): JointSet {
  const configured = () => parts().configuration.joints;
  const opened = new Map<DriverName, JointDriver>();
  const failures = new Map<DriverName, VolumeError>();

  function openOne(name: DriverName, joint: JointConfiguration): void {
    const { log } = parts();
    const missing = joint.members.filter((member) => members.find(member)?.isOpen !== true);
    if (missing.length < joint.members.length) {
      for (const member of missing) log.write('error', 'member-missing', { driver: name, member });
      const rules = rulesOf(joint, members);
      opened.set(name, createJointDriver({ name, ...rules, log, timings: usualTimings }));
      if (failures.delete(name)) log.write('info', 'driver-opened', { driver: name });
    } else if (!failures.has(name)) {
      const error = new VolumeError('failed', `No member of driver ${name} could be started.`);
      failures.set(name, error);
      log.write('error', 'driver-failed', { driver: name, error });
    }
  }

  function open(): readonly DriverName[] {
    const closed = [...configured()].filter(([name]) => !opened.has(name));
    for (const [name, joint] of closed) openOne(name, joint);
    return closed.flatMap(([name]) => (opened.has(name) ? [name] : []));
  }

  return {
    opened,
    open,
    follow() {
      for (const name of [...failures.keys()]) if (!configured().has(name)) failures.delete(name);
      for (const [name, driver] of [...opened]) {
        const joint = configured().get(name);
        if (joint !== undefined) driver.follow(rulesOf(joint, members));
        else opened.delete(name);
      }
      open();
    },
    refusal: (name) => notOpen(name, failures.get(name)),
    health: () =>
      Array.from(configured().keys(), (driver): DriverHealth => {
        if (opened.has(driver)) return { driver, state: 'ready' };
        return { driver, state: 'failed', error: failures.get(driver) };
      }),
    async close() {
      await Promise.all([...opened.values()].map((joint) => joint.close()));
    },
  };
}

function rulesOf({ members, rules, defaultMember }: JointConfiguration, { find }: Members): JointRules {
  return { members: members.flatMap((member) => find(member)?.driver ?? []), rules, defaultMember };
}
