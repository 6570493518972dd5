import { parseSize } from '../../../core/sizes.ts';
import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { CloneSource } from '../../backend.ts';
import type { EbsContext } from '../context.ts';
import { createDisk, type MadeOf, requireFreeName } from '../create-disk.ts';
import type { Snapshot as Ec2Snapshot } from '../ec2/ec2.ts';
import { gibibyte } from '../options/values.ts';
import { isBlankSnapshot, temporaryTags } from '../record/snapshot-tags.ts';
import { awaitComplete } from './await-complete.ts';
import { requireStored } from './find.ts';
import { clearTemporary } from './leftovers.ts';
import { requireSource } from './source-disk.ts';
import { makeStored } from './take.ts';

/** A new EBS volume, made of a snapshot; of a volume, by a snapshot that is deleted afterwards, also after a crash (`clearLeftovers`). */
export async function cloneVolume(
  context: EbsContext,
  volume: Volume,
  source: CloneSource,
  signal: AbortSignal,
): Promise<Volume> {
  const doing = doingOf(volume);
  refuseOtherData(volume, source);
  const { present } = await requireFreeName(context, volume, signal);
  if (present !== undefined) return present.record.volume;
  context.copying.add(volume.id);
  try {
    const stored = await storedOf(context, volume, source, signal);
    refuseSmaller(volume, stored.sizeGiB, source);
    await awaitComplete(context, stored, doing, signal);
    context.audit({
      act: 'clone',
      driver: context.driver,
      volume: volume.name,
      evidence: `a new EBS volume with the data of ${words(source)}, kept by ${stored.id}, is made for volume ${volume.id}`,
    });
    return await createDisk(context, volume, signal, madeOf(stored));
  } finally {
    context.copying.delete(volume.id);
    if (source.kind === 'volume') await clearTemporary(context, volume.id);
  }
}

/** Looks alone, in the order of `cloneVolume`. */
export async function foreseeClone(
  context: EbsContext,
  volume: Volume,
  source: CloneSource,
  signal: AbortSignal,
): Promise<void> {
  refuseOtherData(volume, source);
  const { present } = await requireFreeName(context, volume, signal);
  if (present !== undefined) return;
  const sizeGiB =
    source.kind === 'snapshot'
      ? (await requireStored(context, source.snapshot, doingOf(volume), signal)).sizeGiB
      : (await requireSource(context, source.volume, doingOf(volume), signal)).disk.sizeGiB;
  refuseSmaller(volume, sizeGiB, source);
}

async function storedOf(
  context: EbsContext,
  volume: Volume,
  source: CloneSource,
  signal: AbortSignal,
): Promise<Ec2Snapshot> {
  const doing = doingOf(volume);
  if (source.kind === 'snapshot') return requireStored(context, source.snapshot, doing, signal);
  const { disk, record } = await requireSource(context, source.volume, doing, signal);
  refuseSmaller(volume, disk.sizeGiB, source);
  const { instanceId: maker } = await context.whereabouts(signal);
  const temporary = { cloneId: volume.id, maker };
  const tags = temporaryTags(
    context.driver,
    temporary,
    { diskId: disk.id, isBlank: record.isBlank },
    context.settings.tags,
  );
  const about = `For the volume ${volume.name}, a copy of volume ${source.volume.name}; Holdfast deletes it afterwards`;
  const wanted = { diskId: disk.id, about, tags, mountpoint: source.mountpoint };
  return makeStored(context, wanted, doing, signal);
}

export function madeOf(stored: Ec2Snapshot): MadeOf {
  return { snapshotId: stored.id, isBlank: isBlankSnapshot(stored) };
}

/** What is in the data itself. */
const ofData = ['fsType', 'mkfsOptions', 'rootPath', 'uid', 'gid', 'mode'];

function refuseOtherData(volume: Volume, source: CloneSource): void {
  const { options } = source.kind === 'snapshot' ? source.snapshot.volume : source.volume;
  const differing = ofData.filter((key) => options[key] !== volume.options[key]).sort();
  if (differing.length === 0) return;
  throw new VolumeError(
    'invalid',
    `${doingOf(volume)}: a copy has the ${differing.join(', ')} of ${words(source)}: leave ${differing.length === 1 ? 'that option' : 'these options'} out.`,
  );
}

function refuseSmaller(volume: Volume, sizeGiB: number, source: CloneSource): void {
  const { size } = volume.options;
  if (size === undefined || parseSize(size) >= sizeGiB * gibibyte) return;
  throw new VolumeError(
    'invalid',
    `${doingOf(volume)}: ${words(source)} has ${sizeGiB}GiB, and size=${size} is less: leave \`size\` out, or choose a larger one.`,
  );
}

function words(source: CloneSource): string {
  if (source.kind === 'volume') return `volume ${source.volume.name}`;
  return `snapshot ${source.snapshot.name} of volume ${source.snapshot.volume.name}`;
}

function doingOf({ name }: Volume): string {
  return `Volume ${name} could not be created`;
}
