import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { EbsContext } from '../context.ts';
import { lookAgain } from '../find/by-name.ts';
import { requirePresent } from '../snapshots/source-disk.ts';
import { attach } from './attach.ts';
import type { Target } from './target.ts';

/**
 * Attaches the volume to an instance, and claims the attachment by a tag, which the stage there removes: whoever has the claim detaches
 * it. What the instance has attached by itself stays without a claim.
 */
export async function publishDisk(
  context: EbsContext,
  volume: Volume,
  instanceId: string,
  signal: AbortSignal,
): Promise<void> {
  const doing = `Volume ${volume.name} could not be attached`;
  const { disk } = await requirePresent(context, volume, doing, signal);
  const target = await targetOf(context, instanceId, doing, signal);
  await context.turns.inTurn(disk.id, doing, signal, async () => {
    const now = await lookAgain(context, volume, signal);
    if (now === undefined)
      throw new VolumeError('not-found', `${doing}: volume ${volume.name} does not exist any more.`);
    await attach(context, volume, now.disk, signal, target);
  });
}

/** An orchestrator may name anything, so only what can be an instance is asked for. */
async function targetOf(
  context: EbsContext,
  instanceId: string,
  doing: string,
  signal: AbortSignal,
): Promise<Target> {
  const here = await context.whereabouts(signal);
  const ec2 = await context.ec2();
  const found = /^i-[0-9a-z]+$/.test(instanceId) ? await ec2.instance(instanceId, signal) : undefined;
  if (found === undefined || found.state === 'terminated' || found.state === 'shutting-down')
    throw new VolumeError(
      'not-found',
      `${doing}: EC2 has no instance ${JSON.stringify(instanceId)} in ${here.region}: the ID of a node is that of its instance.`,
    );
  const isHere = found.id === here.instanceId;
  return { instanceId: found.id, zone: found.zone, isHere, purpose: 'attached' };
}
