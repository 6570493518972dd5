import type { EbsContext } from '../context.ts';
import type { FoundDisk } from '../record/found-disk.ts';
import { shownDescription } from '../record/shown.ts';
import { eraseSnapshots } from '../snapshots/erase.ts';

/** Deletes it permanently; false if a final snapshot must be completed first. */
export async function erase(
  context: EbsContext,
  { disk, record }: FoundDisk,
  signal: AbortSignal,
): Promise<boolean> {
  const ec2 = await context.ec2();
  const { removal, volume } = record;
  if (removal?.finalSnapshot ?? context.settings.finalSnapshot) {
    // Only a snapshot of this removal counts: one started before the volume was brought back has older data.
    const removedAt = removal === undefined ? {} : { 'holdfast:removed': removal.removedAt };
    const own = { 'holdfast:final-snapshot': disk.id, 'holdfast:name': volume.name, ...removedAt };
    const tags = { Name: volume.name, ...context.settings.tags, ...own };
    const about = `The last state of volume ${volume.name}, made by Holdfast before the volume was deleted`;
    const snapshot = await ec2.createSnapshot(disk.id, shownDescription(about), tags, signal);
    if (snapshot.state !== 'completed') return false;
  }
  await eraseSnapshots(context, volume, signal);
  const at =
    removal === undefined ? '' : `, removed at ${removal.removedAt}, kept until ${removal.purgeAfter}`;
  context.audit({
    act: removal?.purgeAfter === removal?.removedAt ? 'delete' : 'purge',
    driver: context.driver,
    volume: volume.name,
    evidence: `volume ${volume.id}${at}: EBS volume ${disk.id}, attached to nobody`,
  });
  await ec2.deleteVolume(disk.id, signal);
  return true;
}
