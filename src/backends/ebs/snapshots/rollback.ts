import { createHash } from 'node:crypto';
import type { Snapshot } from '../../../core/protect/snapshot.ts';
import { parseSize } from '../../../core/sizes.ts';
import type { RemovedVolume, Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { DataFate } from '../../backend.ts';
import { fateOf } from '../../shared/recorded/foresee.ts';
import { waitAvailable } from '../await-disk.ts';
import type { EbsContext } from '../context.ts';
import { wantedDisk } from '../create-disk.ts';
import type { Disk, Snapshot as Ec2Snapshot } from '../ec2/ec2.ts';
import { findDisk, findReadable } from '../find/by-name.ts';
import { gibibyte } from '../options/values.ts';
import type { Exchange } from '../record/exchange.ts';
import type { FoundDisk } from '../record/found-disk.ts';
import { nextTags } from '../record/tags.ts';
import { letGo, refuseElsewhere } from '../removal/let-go.ts';
import { asRemoved } from '../removal/undelete.ts';
import { awaitComplete } from './await-complete.ts';
import { madeOf } from './clone.ts';
import { exchange, finishExchange, removalOf } from './exchange.ts';
import { requireStored } from './find.ts';
import { requirePresent } from './source-disk.ts';

/**
 * A new EBS volume of the snapshot takes the volume's place, with its name, ID and options; the one of before goes to the trash. If it is
 * interrupted before the new one is the volume, that one is deleted by the next purge; after it, the rest is finished.
 */
export async function rollbackVolume(
  context: EbsContext,
  volume: Volume,
  snapshot: Snapshot,
  keptAs: string,
  signal: AbortSignal,
): Promise<RemovedVolume> {
  const doing = `Volume ${volume.name} could not be rolled back`;
  const done = await keptBefore(context, volume, keptAs, signal);
  if (done !== undefined) return done;
  context.copying.add(keptAs);
  try {
    const old = await requireOwn(context, volume, doing, signal);
    const stored = await requireStored(context, snapshot, doing, signal);
    await letGo(context, old, doing, signal);
    await awaitComplete(context, stored, doing, signal);
    const { instanceId: maker } = await context.whereabouts(signal);
    const removedAt = new Date(context.host.now()).toISOString();
    const next = await makeNext(
      context,
      old,
      stored,
      { diskId: old.disk.id, keptAs, removedAt, maker },
      signal,
    );
    await requireStillOwn(context, old, maker, doing, signal);
    audit(context, old, snapshot, next, keptAs);
    await exchange(context, old, next.id, doing, signal);
    return await finished(context, old, next, signal);
  } finally {
    context.copying.delete(keptAs);
  }
}

/** Looks alone, in the order of `rollbackVolume`. */
export async function foreseeRollback(
  context: EbsContext,
  volume: Volume,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<DataFate> {
  const doing = `Volume ${volume.name} could not be rolled back`;
  const old = await requireOwn(context, volume, doing, signal);
  await requireStored(context, snapshot, doing, signal);
  await refuseElsewhere(context, old, doing, signal);
  return fateOf(removalOf(context, { removedAt: new Date(context.host.now()).toISOString() }));
}

async function keptBefore(
  context: EbsContext,
  volume: Volume,
  keptAs: string,
  signal: AbortSignal,
): Promise<RemovedVolume | undefined> {
  const { present, removed } = await findReadable(context, volume.name, signal);
  if (present !== undefined) await finishExchange(context, present, signal);
  const again = present?.record.replaces && (await findReadable(context, volume.name, signal)).removed;
  const kept = (again ?? removed).find(({ record }) => record.volume.id === keptAs);
  return kept && asRemoved(kept)[0];
}

/** An adopted EBS volume belongs to somebody else: it cannot be exchanged for another one. */
async function requireOwn(
  context: EbsContext,
  volume: Volume,
  doing: string,
  signal: AbortSignal,
): Promise<FoundDisk> {
  const old = await requirePresent(context, volume, doing, signal);
  if (volume.options.volumeId === undefined) return old;
  throw new VolumeError(
    'invalid',
    `${doing}: it is the adopted EBS volume ${old.disk.id}, which is never exchanged: clone the snapshot as a new volume instead.`,
  );
}

/** EC2 may have taken hours to complete the snapshot: another host may have the volume by now, or have rolled it back itself. */
async function requireStillOwn(
  context: EbsContext,
  { disk, record: { volume } }: FoundDisk,
  maker: string,
  doing: string,
  signal: AbortSignal,
): Promise<void> {
  const now = await findDisk(context, disk.id, signal);
  if (now?.record.volume.id !== volume.id || now.record.removal !== undefined)
    throw new VolumeError(
      'conflict',
      `${doing}: another host has removed it or rolled it back in the meantime. Look at it, then retry.`,
    );
  await refuseElsewhere(context, now, doing, signal);
  const { replacedBy } = now.record;
  const other = replacedBy === undefined ? undefined : await findDisk(context, replacedBy, signal);
  const by = other?.record.next?.maker ?? other?.record.replaces?.maker ?? maker;
  if (by === maker) return;
  throw new VolumeError('in-use', `${doing}: ${by} is rolling it back at this moment: retry.`);
}

/** In the zone of the one before, and as large. Its token makes a repeated request return the same. */
async function makeNext(
  context: EbsContext,
  { disk, record: { volume } }: FoundDisk,
  stored: Ec2Snapshot,
  replaced: Exchange,
  signal: AbortSignal,
): Promise<Disk> {
  const { size } = volume.options;
  const least = Math.max(disk.sizeGiB, stored.sizeGiB, size === undefined ? 0 : parseSize(size) / gibibyte);
  const wanted = await wantedDisk(context, volume, signal, madeOf(stored));
  const tags = { ...wanted.tags, ...nextTags(replaced) };
  const token = createHash('sha256')
    .update(`${context.driver}/${volume.id}/rollback/${replaced.keptAs}`)
    .digest('hex');
  const ec2 = await context.ec2();
  const next = await ec2.createVolume({ ...wanted, zone: disk.zone, sizeGiB: least, tags }, token, signal);
  await waitAvailable(context, volume, next, signal);
  return next;
}

function audit(
  { audit: write, driver }: EbsContext,
  { disk, record: { volume } }: FoundDisk,
  { name, createdAt }: Snapshot,
  next: Disk,
  keptAs: string,
): void {
  const evidence = `by request to snapshot ${name} of ${createdAt}: ${next.id} becomes the volume; ${disk.id} goes to the trash, and can be brought back as ${keptAs}`;
  write({ act: 'rollback', driver, volume: volume.name, evidence });
}

async function finished(
  context: EbsContext,
  old: FoundDisk,
  { id }: Disk,
  signal: AbortSignal,
): Promise<RemovedVolume> {
  const now = await findDisk(context, id, signal);
  if (now !== undefined) await finishExchange(context, now, signal);
  const before = await findDisk(context, old.disk.id, signal);
  const [kept] = before === undefined ? [] : asRemoved(before);
  if (kept !== undefined) return kept;
  throw new VolumeError(
    'failed',
    `Volume ${old.record.volume.name} has the data of its snapshot, but ${old.disk.id}, with what it had before, is not in the trash: somebody changed it meanwhile. Look at it in the EC2 console.`,
  );
}
