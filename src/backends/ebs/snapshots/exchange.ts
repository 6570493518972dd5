import { VolumeError } from '../../../core/volume-error.ts';
import { decideRemoval } from '../../shared/removal-decisions.ts';
import type { EbsContext } from '../context.ts';
import { findDisk } from '../find/by-name.ts';
import { type Exchange, writeReplacedBy } from '../record/exchange.ts';
import type { FoundDisk } from '../record/found-disk.ts';
import { keys } from '../record/keys.ts';
import { minuteOf, presentTags, removalTags } from '../record/tags.ts';
import type { Removal } from '../record/tags-hold.ts';
import { refuseElsewhere } from '../removal/let-go.ts';

/**
 * Milliseconds within which a host that found the volume free has written its claim: some requests. EC2 changes no tag on a condition, so
 * who claims it looks again when others must have seen the claim.
 */
const claimTakes = 3_000;

/**
 * Gives a rollback's EBS volume the place of the volume's. What decides is one tag of the new one, so that at every moment one of them is
 * the volume; the old one says beforehand where to look. Throws `in-use` if another host has claimed that
 * meanwhile, or the volume.
 */
export async function exchange(
  context: EbsContext,
  old: FoundDisk,
  nextId: string,
  doing: string,
  signal: AbortSignal,
): Promise<void> {
  const ec2 = await context.ec2();
  const { volume } = old.record;
  await ec2.setTags([old.disk.id], { [keys.kept]: writeReplacedBy(nextId) }, signal);
  await context.clock.sleep(claimTakes, signal);
  const claimed = await findDisk(context, old.disk.id, signal);
  if (claimed?.record.replacedBy !== nextId)
    throw new VolumeError('in-use', `${doing}: another host is rolling it back at this moment: retry.`);
  await refuseElsewhere(context, claimed, doing, signal);
  const now = new Date(context.host.now()).toISOString();
  await ec2.setTags([nextId], { ...presentTags, [keys.changed]: minuteOf(now) }, signal);
  context.diskIds.set(volume.id, nextId);
  context.recent.created(volume.name, nextId);
}

/** Marks what was before as removed, under its own ID. `found`: what took its place. Done again, it does nothing. */
export async function finishExchange(
  context: EbsContext,
  found: FoundDisk,
  signal: AbortSignal,
): Promise<void> {
  const { replaces, volume } = found.record;
  if (replaces === undefined) return;
  const ec2 = await context.ec2();
  const old = await findDisk(context, replaces.diskId, signal);
  if (old?.record.removal === undefined && old?.record.volume.id === volume.id) {
    const removal = removalOf(context, replaces);
    const tags = { ...removalTags(removal, replaces.keptAs), [keys.id]: replaces.keptAs };
    await ec2.setTags([old.disk.id], tags, signal);
    context.recent.removed(old.disk.id, removal.removedAt);
  }
  await ec2.removeTags([found.disk.id], [keys.kept], signal);
}

/** Always kept in the trash, also by a driver that deletes at once: whoever rolls back may have erred about the snapshot. */
export function removalOf(
  { host, settings, holds }: Pick<EbsContext, 'host' | 'settings' | 'holds'>,
  { removedAt }: Pick<Exchange, 'removedAt'>,
): Removal {
  const decided = decideRemoval(
    { onRemove: 'trash', retention: settings.trashRetention, holds, now: host.now() },
    'owned',
  );
  const { purgeAfter: _, hold: _hold, ...lasting } = decided;
  const kept = settings.onRemove === 'retain' ? lasting : decided;
  return { ...kept, removedAt, kept: 'trash', finalSnapshot: false };
}
