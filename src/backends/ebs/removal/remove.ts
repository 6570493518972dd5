import type { Volume } from '../../../core/volume.ts';
import { decideRemoval, isDueAtOnce } from '../../shared/removal-decisions.ts';
import type { EbsContext } from '../context.ts';
import { findReadable, findVolume } from '../find/by-name.ts';
import { findRemoved } from '../find/lists.ts';
import type { FoundDisk } from '../record/found-disk.ts';
import { removalTags } from '../record/tags.ts';
import type { Removal } from '../record/tags-hold.ts';
import { finishExchange } from '../snapshots/exchange.ts';
import { erase } from './erase.ts';
import { letGo } from './let-go.ts';

/** Hides the volume by one tag, or deletes it, as `onRemove` says. */
export async function removeDisk(context: EbsContext, volume: Volume, signal: AbortSignal): Promise<void> {
  const { present: found } = await findReadable(context, volume.name, signal);
  if (found?.record.volume.id !== volume.id) return finishDelete(context, volume, signal);
  await finishExchange(context, found, signal);
  await letGo(context, found, `Volume ${volume.name} could not be removed`, signal);
  const removal = removalOf(context, found);
  audit(context, found, removal);
  const ec2 = await context.ec2();
  await ec2.setTags([found.disk.id], removalTags(removal, volume.id), signal);
  context.recent.removed(found.disk.id, removal.removedAt);
  if (isDelete(removal)) await erase(context, { ...found, record: { ...found.record, removal } }, signal);
}

/**
 * One call makes the EBS volume with its record, so it is a volume, and the next create continues with it. Only an EBS volume
 * in state error is deleted: it was never usable.
 */
export async function discardDisk(context: EbsContext, volume: Volume, signal: AbortSignal): Promise<void> {
  const found = await findVolume(context, volume, signal);
  if (found?.disk.state !== 'error' || !found.record.isBlank) return;
  const { disk } = found;
  const evidence = `EC2 has ${disk.id} in state error, and it was never formatted: its create failed`;
  context.audit({ act: 'delete', driver: context.driver, volume: volume.name, evidence });
  await (await context.ec2()).deleteVolume(disk.id, signal);
}

/** Left by a `delete` that was interrupted. */
async function finishDelete(context: EbsContext, volume: Volume, signal: AbortSignal): Promise<void> {
  const removed = await findRemoved(context, signal);
  const found = removed.find(({ record }) => record.volume.id === volume.id);
  if (found?.record.removal !== undefined && isDelete(found.record.removal))
    await erase(context, found, signal);
}

/** What a removal now would record. */
export function removalOf({ host, settings, holds }: EbsContext, { record }: FoundDisk): Removal {
  const { onRemove, trashRetention: retention, finalSnapshot } = settings;
  const data = record.volume.options.volumeId === undefined ? 'owned' : 'adopted';
  const { kept, ...decided } = decideRemoval({ onRemove, retention, holds, now: host.now() }, data);
  return kept === 'trash' ? { ...decided, kept, finalSnapshot } : { ...decided, kept };
}

/** Whether it was removed by `delete`, proven by the hold's checksum. */
function isDelete(removal: Removal): boolean {
  return removal.kept === 'trash' && removal.hold !== undefined && isDueAtOnce(removal);
}

function audit({ audit: write, driver }: EbsContext, { disk, record }: FoundDisk, removal: Removal): void {
  if (isDelete(removal)) return;
  const volume = record.volume.name;
  const removed = `volume ${record.volume.id} was removed by request`;
  if (removal.kept !== 'trash')
    write({ act: 'retain', driver, volume, evidence: `${removed}; ${disk.id} stays as it is` });
  else
    write({
      act: 'trash',
      driver,
      volume,
      evidence: `${removed}; ${disk.id} is undeletable until ${removal.purgeAfter}`,
    });
}
