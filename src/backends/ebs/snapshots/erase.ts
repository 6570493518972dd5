import { isUnreadableSnapshot } from '../../../core/protect/snapshot.ts';
import type { Volume } from '../../../core/volume.ts';
import type { EbsContext } from '../context.ts';
import { findSnapshots } from './find.ts';

/** Deletes the snapshots of a volume whose data is about to be deleted. One that cannot be read stays. */
export async function eraseSnapshots(
  context: EbsContext,
  volume: Volume,
  signal: AbortSignal,
): Promise<void> {
  const ec2 = await context.ec2();
  for (const { stored, known } of await findSnapshots(context, volume.id, signal)) {
    if (isUnreadableSnapshot(known)) continue;
    const evidence = `snapshot ${known.name} of ${known.createdAt} goes with volume ${volume.id}: ${stored.id}`;
    context.audit({ act: 'purge', driver: context.driver, volume: volume.name, evidence });
    await ec2.deleteSnapshot(stored.id, signal);
    context.recentSnapshots.deleted(stored.id);
  }
}
