import type { Machine, Testimony } from '../../../core/witness.ts';
import type { Instance } from '../ec2/ec2.ts';

/** Nothing runs there any more, and nothing will until it is started again. */
const dead: readonly Instance['state'][] = ['stopped', 'terminated'];

/** What EC2 says. A running instance does not prove that its host is well, so that is `unknown`, and nothing is taken over. */
export function ec2Testimony(instanceId: string, instance: Instance | undefined): Testimony {
  if (instance === undefined) return { says: 'dead', seen: `EC2 knows no instance ${instanceId} any more` };
  const says = dead.includes(instance.state) ? 'dead' : 'unknown';
  return { says, seen: `EC2 has instance ${instanceId} as ${instance.state}` };
}

/** What other witnesses are asked about; only the ID if EC2 did not answer. */
export function machineOf(instanceId: string, instance: Instance | undefined): Machine {
  const startedAt = instance?.startedAt;
  return {
    id: instanceId,
    names: instance?.names ?? [],
    ...(startedAt === undefined ? {} : { startedAt }),
  };
}
