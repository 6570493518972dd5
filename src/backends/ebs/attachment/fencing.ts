import type { Testimony } from '../../../core/witness.ts';
import type { Attachment } from '../ec2/ec2.ts';
import type { Preemption } from '../options/settings.ts';

export interface HeldElsewhere {
  readonly attachment: Attachment;
  readonly policy: Preemption;
  /** Whether the operator forced this volume; without it `force` means `dead`. */
  readonly isForced: boolean;
  /** What each reachable witness said. */
  readonly testimonies: readonly Testimony[];
}

export interface TakeOver {
  /** `wait`: it is being detached anyway. `take`: by an ordinary detach first. */
  readonly decision: 'wait' | 'take' | 'refuse';
  /** The reasons for the decision, in words. */
  readonly evidence: string;
}

/**
 * If one witness says that the machine is alive, that outweighs everything: two hosts that write to one file system destroy it.
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
