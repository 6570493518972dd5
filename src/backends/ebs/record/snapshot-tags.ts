import { checksum } from '../../../core/checksum.ts';
import { parseSnapshotName, type SnapshotName } from '../../../core/names.ts';
import { consistencies, type KnownSnapshot, type Snapshot } from '../../../core/protect/snapshot.ts';
import type { Options, Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { type Parsed, volumeSchema } from '../../shared/recorded/volume-record.ts';
import type { Snapshot as Ec2Snapshot, Filters, SnapshotSource, Tags } from '../ec2/ec2.ts';
import { keys, mostTags, tagPrefix } from './keys.ts';
import { decodeVolume, ownKeys } from './read-tags.ts';
import { shownName } from './shown.ts';
import { writeGiven, writeOptions } from './tags-options.ts';
import { splitTag } from './tags-split.ts';

/** A snapshot's record is in its tags, all of them there from the request that makes it: the volume's as it was, and these. */
const snapshotKeys = {
  name: 'holdfast:snapshot',
  id: 'holdfast:snapshot-id',
  createdAt: 'holdfast:taken',
  consistency: 'holdfast:consistency',
  copiedFrom: 'holdfast:copied-from',
  seal: 'holdfast:seal',
} as const;

/** Snapshots of a driver's volumes, or of one. */
export function snapshotFilters(driver: string, volumeId?: string): Filters {
  return {
    [`tag:${keys.driver}`]: [driver],
    'tag-key': [snapshotKeys.name],
    ...(volumeId === undefined ? {} : { [`tag:${keys.id}`]: [volumeId] }),
  };
}

/** The EBS volume that a snapshot is made of. */
export interface SourceDisk {
  readonly diskId: string;
  /** Holdfast made it blank, and it was never mounted. */
  readonly isBlank: boolean;
}

/** `extra`: tags of the settings. Throws `invalid` if there are more than EC2 takes. */
export function snapshotTags(driver: string, snapshot: Snapshot, source: SourceDisk, extra: Tags): Tags {
  const { volume, name, id, createdAt, consistency } = snapshot;
  const own = {
    [keys.driver]: driver,
    ...blankTag(source),
    [keys.name]: volume.name,
    [keys.id]: volume.id,
    [keys.createdAt]: volume.createdAt,
    ...splitTag(keys.options, writeOptions(volume.options)),
    ...splitTag(keys.given, writeGiven(volume.given, volume.options)),
    [snapshotKeys.name]: name,
    [snapshotKeys.id]: id,
    [snapshotKeys.createdAt]: createdAt,
    [snapshotKeys.consistency]: consistency,
  };
  return sealed({ Name: shownName(`${volume.name}@${name}`), ...extra, ...own }, source.diskId, () => {
    return `Snapshot ${name} of volume ${volume.name} could not be made`;
  });
}

/** For a copy in another region, which has the whole record. `description`: that of the copy. */
export function copyTags(
  stored: Ec2Snapshot,
  { region, snapshotId }: SnapshotSource,
  description: string,
  extra: Tags,
  doing: string,
): Tags {
  const { [snapshotKeys.seal]: _, ...tags } = stored.tags;
  const own = Object.fromEntries(Object.entries(tags).filter(([key]) => key.startsWith(tagPrefix)));
  const whole = { Name: tags.Name ?? snapshotId, ...extra, ...own };
  return sealed({ ...whole, [snapshotKeys.copiedFrom]: `${region}/${snapshotId}` }, description, () => doing);
}

/** A snapshot with this ID, wherever it was made. */
export function copyFilters(driver: string, id: string): Filters {
  return { [`tag:${keys.driver}`]: [driver], [`tag:${snapshotKeys.id}`]: [id] };
}

function sealed(tags: Tags, of: string, doing: () => string): Tags {
  const all = { ...tags, [snapshotKeys.seal]: sealOf(tags, of) };
  const count = Object.keys(all).length;
  if (count <= mostTags) return all;
  throw new VolumeError(
    'invalid',
    `${doing()}: it needs ${count} tags, and EC2 takes ${mostTags}: remove some of \`tags\` in the driver's settings.`,
  );
}

/** A copy of it is blank as well: it is formatted when it is first mounted, after the same proof. */
function blankTag({ isBlank }: SourceDisk): Tags {
  return isBlank ? { [keys.blank]: 'true' } : {};
}

/** Whether it is of a volume that was never mounted. Its tags must be those of a snapshot that was read. */
export function isBlankSnapshot({ tags }: Ec2Snapshot): boolean {
  return tags[keys.blank] === 'true';
}

/** Covers all our tags, and what the snapshot is of: tags that somebody copied to another snapshot do not fit. */
function sealOf(tags: Tags, of: string): string {
  const own = ownKeys(tags).filter((key) => key !== snapshotKeys.seal);
  return checksum(JSON.stringify([of, ...own.sort().map((key) => [key, tags[key]])]));
}

/** EC2 gives a copy an arbitrary volume ID; its description cannot be changed, either. */
function sealedFor({ tags, volumeId, description }: Ec2Snapshot): string {
  return tags[snapshotKeys.copiedFrom] === undefined ? volumeId : description;
}

/** Undefined: it is not a snapshot of this driver that could be named. Never throws. */
export function decodeSnapshot(found: Ec2Snapshot, driver: string): KnownSnapshot | undefined {
  const { tags } = found;
  const name = nameOn(tags);
  const volumeId = volumeSchema().shape.id.safeParse(tags[keys.id]);
  if (tags[keys.driver] !== driver || name === undefined || !volumeId.success) return undefined;
  const read = readSnapshot(found, name);
  if ('value' in read) return read.value;
  const unreadable =
    `The tags of snapshot ${name} on ${found.id} cannot be read (${read.reason}): its data is untouched. ` +
    `Correct the tags; to forget the snapshot, remove all that begin with ${tagPrefix} from ${found.id}.`;
  return { name, volumeId: volumeId.data, unreadable };
}

function readSnapshot(found: Ec2Snapshot, name: SnapshotName): Parsed<Snapshot> {
  const { tags, state, progress } = found;
  if (tags[snapshotKeys.seal] !== sealOf(tags, sealedFor(found)))
    return { reason: `${snapshotKeys.seal} does not fit: one of them was changed, or they were copied` };
  const volume = decodeVolume(tags);
  if ('reason' in volume) return volume;
  const { [snapshotKeys.id]: id = '', [snapshotKeys.createdAt]: createdAt = '' } = tags;
  const consistency = consistencies.find((one) => one === tags[snapshotKeys.consistency]);
  const isRead = [volumeSchema().shape.id.safeParse(id), volumeSchema().shape.createdAt.safeParse(createdAt)];
  if (consistency === undefined || !isRead.every(({ success }) => success))
    return { reason: 'ID, time or state are not as Holdfast writes them' };
  const { [snapshotKeys.copiedFrom]: source } = tags;
  const from = source === undefined ? {} : { copiedFrom: source.replace(/\/.*/, '') };
  const recorded = source === undefined ? volume.value : elsewhere(volume.value);
  const whole = { name, id, volume: recorded, createdAt, consistency, ...from };
  return { value: state === 'completed' ? whole : { ...whole, progress } };
}

/** Zones and keys are those of one region. */
function elsewhere({ options, given, ...volume }: Volume): Volume {
  const general = ({ availabilityZone: _, kmsKeyId: _key, ...rest }: Options): Options => rest;
  return { ...volume, options: general(options), given: general(given) };
}

function nameOn(tags: Tags): SnapshotName | undefined {
  try {
    return parseSnapshotName(tags[snapshotKeys.name]);
  } catch (error) {
    if (error instanceof VolumeError) return undefined;
    throw error;
  }
}

/** On a snapshot that a clone of a volume needs for a while: the clone's ID, who makes it, and a checksum. */
const temporaryKeys = { clone: 'holdfast:clone', maker: 'holdfast:maker' } as const;

export interface Temporary {
  readonly cloneId: string;
  readonly maker: string;
}

export function temporaryFilters(driver: string): Filters {
  return { [`tag:${keys.driver}`]: [driver], 'tag-key': [temporaryKeys.clone] };
}

export function temporaryTags(
  driver: string,
  { cloneId, maker }: Temporary,
  source: SourceDisk,
  extra: Tags,
): Tags {
  const own = {
    [keys.driver]: driver,
    ...blankTag(source),
    [temporaryKeys.clone]: cloneId,
    [temporaryKeys.maker]: maker,
  };
  return { Name: `for clone ${cloneId}`, ...extra, ...own, [snapshotKeys.seal]: sealOf(own, source.diskId) };
}

/** Undefined for any other snapshot, and if a tag was changed. */
export function readTemporary({ tags, volumeId }: Ec2Snapshot): Temporary | undefined {
  const { [temporaryKeys.clone]: cloneId, [temporaryKeys.maker]: maker } = tags;
  if (cloneId === undefined || maker === undefined) return undefined;
  return tags[snapshotKeys.seal] === sealOf(tags, volumeId) ? { cloneId, maker } : undefined;
}
