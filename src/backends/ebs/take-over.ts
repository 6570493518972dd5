import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { wordsOf } from '../shared/storage-errors.ts';
import type { EbsContext } from './ebs-context.ts';
import type { Attachment, Disk, Ec2 } from './ec2.ts';
import { decideTakeOver } from './fencing.ts';
import { ec2Witness, type Testimony } from './witness.ts';

/** Begins to detach the disk from a holder that is proven dead, with the proof in the audit log. Throws `in-use` for one that is not. */
export async function takeFromHolder(
  context: EbsContext,
  ec2: Ec2,
  volume: Volume,
  disk: Disk,
  holder: Attachment,
  signal: AbortSignal,
): Promise<void> {
  const { decision, evidence } = decideTakeOver({
    attachment: holder,
    policy: context.settings.preempt,
    isForced: volume.options.preempt === 'force',
    testimonies: await testimonies(context, ec2, holder.instanceId, signal),
  });
  if (decision === 'wait') return;
  if (decision === 'refuse') {
    throw new VolumeError(
      'in-use',
      `Volume ${volume.name} could not be mounted: its disk ${disk.id} is attached to ${holder.instanceId} (${evidence}). ` +
        `Stop its containers there; if that host is dead, stop instance ${holder.instanceId}, and the next mount takes the volume over.`,
    );
  }
  context.audit({
    act: 'take-over',
    driver: context.driver,
    volume: volume.name,
    evidence: `${disk.id} is detached from ${holder.instanceId}: ${evidence}`,
  });
  await ec2.detach(disk.id, holder.instanceId, signal);
}

/** A witness that cannot be reached has said nothing. */
async function testimonies(
  context: EbsContext,
  ec2: Ec2,
  instanceId: string,
  signal: AbortSignal,
): Promise<readonly Testimony[]> {
  const heard: Testimony[] = [];
  for (const witness of [ec2Witness(ec2), ...context.witnesses]) {
    try {
      heard.push(await witness.ask(instanceId, signal));
    } catch (error) {
      context.log.write('warn', 'witness-silent', { driver: context.driver, witness: witness.name, error });
      heard.push({ says: 'unknown', seen: `${witness.name} could not be asked (${wordsOf(error)})` });
    }
  }
  return heard;
}
