import type { RemovedVolume } from '../../../core/volume.ts';
import { decidePurge } from '../../shared/removal-decisions.ts';
import type { EbsContext } from '../context.ts';
import { findDisk } from '../find/by-name.ts';
import { findRemoved } from '../find/lists.ts';
import type { FoundDisk } from '../record/found-disk.ts';
import { ownKeys } from '../record/read-tags.ts';
import { holdTags } from '../record/tags.ts';
import type { Removal } from '../record/tags-hold.ts';
import { eraseSnapshots } from '../snapshots/erase.ts';
import { erase } from './erase.ts';
import { asRemoved } from './undelete.ts';

/** Deletes volumes whose retention is over; an adopted EBS volume is only forgotten. A failure is logged, and the next purge tries again. */
export async function purgeDisks(
  context: EbsContext,
  signal: AbortSignal,
): Promise<readonly RemovedVolume[]> {
  const purged: RemovedVolume[] = [];
  for (const found of await findRemoved(context, signal)) {
    const { removal, volume } = found.record;
    if (removal === undefined) continue;
    try {
      if (!(await isOver(context, found, removal, signal))) continue;
      if (!(await isStillRemoved(context, found, signal))) continue;
      if (removal.kept === 'adopted') await forget(context, found, signal);
      else if (await erase(context, found, signal)) purged.push(...asRemoved(found));
    } catch (error) {
      context.log.write('warn', 'purge-failed', {
        driver: context.driver,
        volume: volume.name,
        id: volume.id,
        error,
      });
    }
  }
  return purged;
}

/** Whether it may be deleted now; logs a volume that is kept although the clock alone would delete it. */
async function isOver(
  context: EbsContext,
  found: FoundDisk,
  removal: Removal,
  signal: AbortSignal,
): Promise<boolean> {
  const { holds, host, settings, driver, log } = context;
  const { volume } = found.record;
  const key = `${found.disk.id} ${removal.removedAt}`;
  const decision = decidePurge(
    { key, ...removal, isSealed: removal.hold !== undefined, isBare: false },
    { holds, retention: settings.trashRetention, now: host.now() },
  );
  if (decision.doubt !== undefined && holds.tellOnce(key)) {
    const fields = { driver, volume: volume.name, id: volume.id, reason: decision.doubt };
    log.write('warn', 'purge-held', fields);
  }
  if (decision.note !== undefined) await note(context, found, { ...removal, ...decision.note }, signal);
  return decision.isDue;
}

async function note(
  context: EbsContext,
  found: FoundDisk,
  removal: Removal,
  signal: AbortSignal,
): Promise<void> {
  if (!(await isStillRemoved(context, found, signal))) return;
  const ec2 = await context.ec2();
  await ec2.setTags([found.disk.id], holdTags(removal, found.record.volume.id), signal);
}

/** The index of tags may lag behind: another host may have brought it back a moment ago. */
async function isStillRemoved(
  context: EbsContext,
  { disk, record }: FoundDisk,
  signal: AbortSignal,
): Promise<boolean> {
  const now = await findDisk(context, disk.id, signal);
  return now?.record.removal?.removedAt === record.removal?.removedAt;
}

async function forget(context: EbsContext, { disk, record }: FoundDisk, signal: AbortSignal): Promise<void> {
  await eraseSnapshots(context, record.volume, signal);
  const ec2 = await context.ec2();
  await ec2.removeTags([disk.id], ownKeys(disk.tags), signal);
}
