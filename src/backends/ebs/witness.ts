import type { Ec2, Instance } from './ec2.ts';

/** Somebody who knows, independently of the volume's attachment, whether a machine still lives. */
export interface Witness {
  /** As in messages and in the audit log: `EC2`. */
  readonly name: string;
  /** Throws when it cannot be reached: then nothing is known. */
  ask(instanceId: string, signal: AbortSignal): Promise<Testimony>;
}

export interface Testimony {
  readonly says: 'alive' | 'dead' | 'unknown';
  /** Who saw what: `EC2 has instance i-0abc as stopped`. */
  readonly seen: string;
}

/** Nothing runs there any more, and nothing will without a new start. */
const dead: readonly Instance['state'][] = ['stopped', 'terminated'];

/** EC2 itself. That an instance runs does not tell whether its host is well: so it is `unknown`, which takes over nothing. */
export function ec2Witness(ec2: Ec2): Witness {
  return {
    name: 'EC2',
    async ask(instanceId, signal) {
      const instance = await ec2.instance(instanceId, signal);
      if (instance === undefined)
        return { says: 'dead', seen: `EC2 knows no instance ${instanceId} any more` };
      const says = dead.includes(instance.state) ? 'dead' : 'unknown';
      return { says, seen: `EC2 has instance ${instanceId} as ${instance.state}` };
    },
  };
}
