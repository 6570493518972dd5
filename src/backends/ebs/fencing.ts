import type { Testimony } from '../../core/witness.ts';
import type { Attachment } from './ec2.ts';

/** When a volume may be taken from the machine that EC2 still has it attached to. */
export const preemptions = ['never', 'dead', 'force'] as const;
type Preemption = (typeof preemptions)[number];

export interface HeldElsewhere {
  readonly attachment: Attachment;
  readonly policy: Preemption;
  /** The operator's word for this very volume; without it `force` is as `dead`. */
  readonly isForced: boolean;
  /** What each witness said that could be reached. */
  readonly testimonies: readonly Testimony[];
}

export interface TakeOver {
  /** `wait`: it is being detached anyway. `take`: by an ordinary detach first. */
  readonly decision: 'wait' | 'take' | 'refuse';
  /** What the decision relies on, in words. */
  readonly evidence: string;
}

/**
 * One word of a witness that the machine lives outweighs everything: two hosts that write to one file system destroy it.
 * A failed status check proves nothing, so `unknown` is never `dead`.
 */
export function decideTakeOver({ attachment, policy, isForced, testimonies }: HeldElsewhere): TakeOver {
  const evidence = testimonies.map(({ seen }) => seen).join('; ') || 'no witness could be asked';
  if (attachment.state === 'detaching') {
    return { decision: 'wait', evidence: `it is being detached from ${attachment.instanceId}` };
  }
  if (policy === 'force' && isForced)
    return { decision: 'take', evidence: `the operator forced it (${evidence})` };
  if (policy === 'never') return { decision: 'refuse', evidence: `${evidence}; preempt is never` };
  const says = testimonies.map((testimony) => testimony.says);
  const isDead = says.includes('dead') && !says.includes('alive');
  return { decision: isDead ? 'take' : 'refuse', evidence };
}
