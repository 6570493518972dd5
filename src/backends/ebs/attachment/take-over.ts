import { wordsOf } from '../../../core/error-words.ts';
import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { Testimony } from '../../../core/witness.ts';
import type { EbsContext } from '../context.ts';
import type { Attachment, Disk, Ec2, Instance } from '../ec2/ec2.ts';
import { isEc2Error } from '../ec2/refusals.ts';
import { ec2Testimony, machineOf } from './ec2-witness.ts';
import { decideTakeOver } from './fencing.ts';
import { endUsers, stuckOn } from './refusals.ts';
import { doingAt, type Purpose } from './target.ts';

/**
 * Starts to detach the disk from a holder that is proven dead, with the proof in the audit log. `leaving`: it is being
 * detached anyway. A returned error (not thrown) says why the holder keeps the disk.
 */
export async function takeFromHolder(
  context: EbsContext,
  volume: Volume,
  disk: Disk,
  holder: Attachment,
  asked: { readonly purpose: Purpose },
  signal: AbortSignal,
): Promise<'taken' | 'leaving' | VolumeError> {
  const ec2 = await context.ec2();
  const { decision, evidence } = decideTakeOver({
    attachment: holder,
    policy: context.settings.preempt,
    isForced: volume.options.preempt === 'force',
    testimonies: await testimonies(context, ec2, holder.instanceId, signal),
  });
  if (decision === 'wait') return 'leaving';
  if (decision === 'refuse') return heldElsewhere(context, doingAt(asked, volume), disk, holder, evidence);
  context.audit({
    act: 'take-over',
    driver: context.driver,
    volume: volume.name,
    evidence: `${disk.id} is detached from ${holder.instanceId}: ${evidence}`,
  });
  await ec2.detach(disk.id, holder.instanceId, undefined, signal).catch((error) => {
    // The instance is forgotten, and its attachments with it.
    if (!isEc2Error(error, 'InvalidInstanceID.NotFound')) throw error;
  });
  return 'taken';
}

function heldElsewhere(
  { settings }: EbsContext,
  doing: string,
  disk: Disk,
  { instanceId, state }: Attachment,
  evidence: string,
): VolumeError {
  const wayOut =
    settings.preempt === 'never'
      ? `detach ${disk.id} from it in the EC2 console`
      : `stop instance ${instanceId}, and the next mount takes the volume over`;
  if (state === 'busy') {
    return new VolumeError(
      'in-use',
      `${doing}: its disk ${disk.id} is stuck: ${stuckOn(instanceId)} (${evidence}). ` +
        `${endUsers(instanceId)}; if that host is dead, ${wayOut}.`,
    );
  }
  return new VolumeError(
    'in-use',
    `${doing}: its disk ${disk.id} is attached to ${instanceId} (${evidence}). ` +
      `Stop its containers there; if that host is dead, ${wayOut}.`,
  );
}

/** Asks all at once, because a mount waits for them. An unreachable witness counts as `unknown`. */
async function testimonies(
  context: EbsContext,
  ec2: Ec2,
  instanceId: string,
  signal: AbortSignal,
): Promise<readonly Testimony[]> {
  const silent = (witness: string, error: unknown): Testimony => {
    context.log.write('warn', 'witness-silent', { driver: context.driver, witness, error });
    return { says: 'unknown', seen: `${witness} could not be asked (${wordsOf(error)})` };
  };
  let instance: Instance | undefined;
  let first: Testimony;
  try {
    instance = await ec2.instance(instanceId, signal);
    first = ec2Testimony(instanceId, instance);
  } catch (error) {
    first = silent('EC2', error);
  }
  const machine = machineOf(instanceId, instance);
  const others = context.witnesses.map((witness) =>
    witness.ask(machine, signal).catch((error: unknown) => silent(witness.name, error)),
  );
  return [first, ...(await Promise.all(others))];
}
