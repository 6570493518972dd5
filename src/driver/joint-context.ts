import type { Log } from '../core/log.ts';
import type { NameRule } from '../core/name-rule.ts';
import { type DriverName, type MountId, noMountId, parseMountId } from '../core/names.ts';
import type { KeyedQueue } from './keyed-queue.ts';
import type { Member } from './member.ts';
import type { Timings } from './timings.ts';

/** What the verbs of one joint driver share. */
export interface JointContext {
  readonly name: DriverName;
  /** In the order of the configuration. */
  readonly members: readonly Member[];
  readonly rules: readonly NameRule[];
  /** Where volumes are made that neither an option nor a rule places. */
  readonly defaultMember: DriverName | undefined;
  readonly log: Log;
  readonly timings: Timings;
  /** One queue per name, so that two calls at once do not make the volume in two members. */
  readonly queue: KeyedQueue;
}

/**
 * The holder in the member. Callers without an ID are one holder for each name they come through: those of the member's own
 * name hold by themselves. All other IDs are their callers' own already.
 */
export function holderThrough({ name }: JointContext, id: MountId): MountId {
  return id === noMountId ? parseMountId(`${noMountId}@${name}`) : id;
}
