import type { Log } from '../../core/log.ts';
import type { NameRule } from '../../core/name-rule.ts';
import { type DriverName, type MountId, noMountId, parseMountId, type VolumeName } from '../../core/names.ts';
import type { VolumeError } from '../../core/volume-error.ts';
import type { KeyedQueue } from '../keyed-queue.ts';
import type { Timings } from '../timings.ts';
import type { Member } from './member.ts';

/** State and parts that the verbs of one joint driver share. */
export interface JointContext {
  readonly name: DriverName;
  /** In the order of the configuration. */
  readonly members: readonly Member[];
  readonly rules: readonly NameRule[];
  /** The member for volumes that neither an option nor a rule places. */
  readonly defaultMember: DriverName | undefined;
  readonly log: Log;
  readonly timings: Timings;
  /** Makes the `not-found` for a name that no member has. */
  readonly missing: (name: VolumeName) => Promise<VolumeError>;
  /** One queue per name, so that two calls at once do not make the volume in two members. */
  readonly queue: KeyedQueue;
}

/**
 * The holder's ID in the member. Callers without an ID are one holder per driver name, so that callers of the joint name and of
 * the member's own name are distinguished. All other IDs are unique already.
 */
export function holderThrough({ name }: JointContext, id: MountId): MountId {
  return id === noMountId ? parseMountId(`${noMountId}@${name}`) : id;
}
