import type { Snapshot } from '../../../core/protect/snapshot.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { requireSame } from '../../shared/snapshots/same-snapshot.ts';
import { withPrefix } from '../../shared/storage-errors.ts';
import type { EbsContext } from '../context.ts';
import type { Snapshot as Ec2Snapshot, Tags } from '../ec2/ec2.ts';
import { shownDescription } from '../record/shown.ts';
import { type SourceDisk, snapshotTags } from '../record/snapshot-tags.ts';
import { findSnapshots, namedOnce, storedAs } from './find.ts';
import { requireSource } from './source-disk.ts';

/** Milliseconds for which writers may have to wait: two requests, or some more when EC2 is slow. */
const mostFrozen = 10_000;

/** One request makes it with its record. It is of that moment, although EC2 copies the data afterwards. */
export async function takeSnapshot(
  context: EbsContext,
  snapshot: Snapshot,
  mountpoint: string | undefined,
  signal: AbortSignal,
): Promise<Snapshot> {
  const { volume, name } = snapshot;
  const doing = `Snapshot ${name} of volume ${volume.name} could not be made`;
  const before = await foreseeTake(context, snapshot, signal);
  if (before.kind === 'made') return before.snapshot;
  const { diskId, isBlank } = before;
  const { actual: _, ...recorded } = volume;
  const whole = { ...snapshot, volume: recorded };
  const tags = snapshotTags(context.driver, whole, { diskId, isBlank }, context.settings.tags);
  const about = `Snapshot ${name} of volume ${volume.name}, made by Holdfast`;
  const stored = await makeStored(context, { diskId, about, tags, mountpoint }, doing, signal);
  return stored.state === 'completed' ? whole : { ...whole, progress: stored.progress };
}

type Before =
  | { readonly kind: 'made'; readonly snapshot: Snapshot }
  | ({ readonly kind: 'to make' } & SourceDisk);

/** Throws what `takeSnapshot` refuses before its first change. */
export async function foreseeTake(
  context: EbsContext,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<Before> {
  const { volume, name } = snapshot;
  const doing = `Snapshot ${name} of volume ${volume.name} could not be made`;
  const known = namedOnce(await findSnapshots(context, volume.id, signal));
  const present = known.find((one) => one.name === name);
  if (present !== undefined) return { kind: 'made', snapshot: requireSame(present, snapshot) };
  const { disk, record } = await requireSource(context, volume, doing, signal);
  return { kind: 'to make', diskId: disk.id, isBlank: record.isBlank };
}

interface Wanted {
  readonly diskId: string;
  readonly about: string;
  readonly tags: Tags;
  /** Where the disk is mounted and in use. */
  readonly mountpoint: string | undefined;
}

/** Makes EC2's snapshot, with the file system frozen meanwhile if it is in use. Nothing is left of one that took too long. */
export async function makeStored(
  context: EbsContext,
  { diskId, about, tags, mountpoint }: Wanted,
  doing: string,
  signal: AbortSignal,
): Promise<Ec2Snapshot> {
  const ec2 = await context.ec2();
  const make = async () => {
    const stored = await ec2.createSnapshot(diskId, shownDescription(about), tags, signal);
    context.recentSnapshots.made(stored);
    return stored;
  };
  if (mountpoint === undefined) return make();
  const { mounts } = context.host;
  const { value, isWhole } = await withPrefix(doing, () => mounts.whileFrozen(mountpoint, mostFrozen, make));
  if (isWhole) return value;
  await ec2.deleteSnapshot(value.id, signal);
  context.recentSnapshots.deleted(value.id);
  throw new VolumeError(
    'unavailable',
    `${doing}: EC2 took longer than the ${mostFrozen / 1000} s for which its file system may be frozen: retry.`,
  );
}

export async function removeSnapshot(
  context: EbsContext,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<void> {
  const { volume, name, createdAt } = snapshot;
  const ec2 = await context.ec2();
  for (const { id } of await storedAs(context, snapshot, signal)) {
    context.audit({
      act: 'delete',
      driver: context.driver,
      volume: volume.name,
      evidence: `snapshot ${name} of ${createdAt} was removed by request: ${id}`,
    });
    await ec2.deleteSnapshot(id, signal);
    context.recentSnapshots.deleted(id);
  }
}
