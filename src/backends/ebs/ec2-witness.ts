import type { Machine, Testimony } from '../../core/witness.ts';
import type { Instance } from './ec2.ts';

/** Nothing runs there any more, and nothing will without a new start. */
const dead: readonly Instance['state'][] = ['stopped', 'terminated'];

/** EC2's own word. That an instance runs does not tell whether its host is well: so it is `unknown`, which takes over nothing. */
export function ec2Testimony(instanceId: string, instance: Instance | undefined): Testimony {
  if (instance === undefined) return { says: 'dead', seen: `EC2 knows no instance ${instanceId} any more` };
  const says = dead.includes(instance.state) ? 'dead' : 'unknown';
  return { says, seen: `EC2 has instance ${instanceId} as ${instance.state}` };
}

/** What other witnesses are asked about; where EC2 did not answer they know the ID alone. */
export function machineOf(instanceId: string, instance: Instance | undefined): Machine {
  const startedAt = instance?.startedAt;
  return {
    id: instanceId,
    names: instance?.names ?? [],
    ...(startedAt === undefined ? {} : { startedAt }),
  };
}
