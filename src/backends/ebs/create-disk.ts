import { createHash } from 'node:crypto';
import { parseSize } from '../../core/sizes.ts';
import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { dataRetained, nameTaken } from '../shared/name-conflicts.ts';
import { adopt } from './adopt-disk.ts';
import { waitUntil } from './attachment/wait-until.ts';
import { indexPatience, waitAvailable } from './await-disk.ts';
import type { EbsContext } from './context.ts';
import type { Disk, DiskType, Ec2Error, WantedDisk } from './ec2/ec2.ts';
import { isEc2Error } from './ec2/refusals.ts';
import { findByName, findReadable, type Named } from './find/by-name.ts';
import type { FoundDisk } from './record/found-disk.ts';
import { tokenKey } from './record/keys.ts';
import { encodeRecord } from './record/tags.ts';

/** Caps the create and delete cycles of one name within the twelve hours for which EC2 remembers a token. */
const mostTokens = 50;
const bytesPerGiB = 1024 ** 3;

/** EC2's snapshot whose data a new EBS volume has; undefined: none, it is blank. */
export interface MadeOf {
  readonly snapshotId: string;
  /** It is the snapshot of a volume that Holdfast made blank and nobody ever mounted. */
  readonly isBlank: boolean;
}

/**
 * One call makes the EBS volume with its record, so neither exists without the other. Its token is made of driver and name: if two
 * hosts create one name at once, EC2 refuses the second.
 */
export async function createDisk(
  context: EbsContext,
  volume: Volume,
  signal: AbortSignal,
  madeOf = askedSnapshot(volume),
): Promise<Volume> {
  const { present, removed } = await requireFreeName(context, volume, signal);
  if (present !== undefined) return present.record.volume;
  const { volumeId } = volume.options;
  const disk =
    volumeId === undefined
      ? await makeDisk(context, volume, { used: usedTokens(context, volume, removed), madeOf }, signal)
      : await adopt(context, volume, volumeId, signal);
  context.recent.created(volume.name, disk.id);
  context.diskIds.set(volume.id, disk.id);
  await waitAvailable(context, volume, disk, signal);
  return volume;
}

/** What somebody else's snapshot has is never blank. */
function askedSnapshot({ options: { snapshot } }: Volume): MadeOf | undefined {
  return snapshot === undefined ? undefined : { snapshotId: snapshot, isBlank: false };
}

/** `present`: an earlier attempt at the same plan made it. Throws `conflict` if the name is taken, or was that of data that is kept. */
export async function requireFreeName(
  context: EbsContext,
  volume: Volume,
  signal: AbortSignal,
): Promise<Named> {
  const named = await findReadable(context, volume.name, signal);
  if (named.present?.record.volume.id === volume.id) return named;
  if (named.present !== undefined) throw nameTaken(volume);
  refuseRetained(context, volume, named.removed);
  return named;
}

async function makeDisk(
  context: EbsContext,
  volume: Volume,
  { used, madeOf }: { readonly used: number; readonly madeOf: MadeOf | undefined },
  signal: AbortSignal,
): Promise<Disk> {
  const ec2 = await context.ec2();
  const wanted = await wantedDisk(context, volume, signal, madeOf);
  for (let attempt = used + 1; attempt <= used + mostTokens; attempt++) {
    try {
      const tags = { ...wanted.tags, [tokenKey]: `${attempt}` };
      const disk = await ec2.createVolume(
        { ...wanted, tags },
        tokenOf(context.driver, volume, attempt),
        signal,
      );
      // The token of a volume that was deleted since returns that volume again.
      if (disk.state === 'deleting' || disk.state === 'deleted') continue;
      context.tokens.used(volume.name, attempt, context.host.now());
      return disk;
    } catch (error) {
      if (!isEc2Error(error)) {
        context.tokens.unanswered(volume.name);
        throw error;
      }
      const known = await behindToken(context, volume, error, signal);
      if (known !== undefined) return known;
      context.tokens.waitedOut(volume.name, attempt);
    }
  }
  throw new VolumeError(
    'failed',
    `Volume ${volume.name} could not be created: EC2 remembers ${mostTokens} volumes of that name: use another name, or wait for twelve hours.`,
  );
}

/** How many tokens of this name made volumes that were removed since then, as far as this host knows. */
function usedTokens({ tokens }: EbsContext, { name }: Volume, removed: readonly FoundDisk[]): number {
  const ofRemoved = removed.map(({ disk }) => Number(disk.tags[tokenKey] ?? 0));
  return Math.max(tokens.last(name), ...ofRemoved.filter(Number.isSafeInteger));
}

/**
 * Another request used this token, or reached the limit of volumes: is there a volume by now? A limit is reported after one look,
 * unless an earlier request of ours was never answered: it may have made the volume, and the index of tags may lag behind.
 */
async function behindToken(
  context: EbsContext,
  volume: Volume,
  error: Ec2Error,
  signal: AbortSignal,
): Promise<Disk | undefined> {
  const isLimit = error.code === 'VolumeLimitExceeded';
  if (error.code !== 'IdempotentParameterMismatch' && !isLimit) throw error;
  const mayBeMade = !isLimit || error.mayBeDone || context.tokens.isUnanswered(volume.name);
  const patience = mayBeMade ? indexPatience : 0;
  const sentence = `Volume ${volume.name} could not be created: it is not known yet whether an earlier request made it: retry.`;
  const wait = { clock: context.clock, sentence, signal, patience };
  const found = await waitUntil(wait, () => findByName(context, volume.name, signal)).catch((thrown) => {
    if (signal.aborted || !(thrown instanceof VolumeError) || thrown.code !== 'timeout') throw thrown;
    return undefined;
  });
  if (found?.record.volume.id === volume.id) return found.disk;
  if (found !== undefined) throw nameTaken(volume);
  if (isLimit) throw error;
  return undefined;
}

export async function wantedDisk(
  context: EbsContext,
  volume: Volume,
  signal: AbortSignal,
  madeOf: MadeOf | undefined,
): Promise<WantedDisk> {
  const { options } = volume;
  const zone = options.availabilityZone ?? (await context.whereabouts(signal)).zone;
  const tags = encodeRecord(
    { driver: context.driver, volume, isBlank: madeOf === undefined || madeOf.isBlank },
    context.settings.tags,
  );
  return {
    zone,
    type: diskType(options.type),
    tags,
    ...(options.size === undefined ? {} : { sizeGiB: Math.ceil(parseSize(options.size) / bytesPerGiB) }),
    ...(options.iops === undefined ? {} : { iops: Number(options.iops) }),
    ...(options.throughput === undefined ? {} : { throughput: Number(options.throughput) }),
    ...(options.encrypted === undefined ? {} : { encrypted: options.encrypted === 'true' }),
    ...(options.kmsKeyId === undefined ? {} : { kmsKeyId: options.kmsKeyId }),
    ...(madeOf === undefined ? {} : { snapshotId: madeOf.snapshotId }),
  };
}

function diskType(text: string | undefined): DiskType {
  return (text ?? 'gp3') as DiskType;
}

/** 64 characters, the most that EC2 takes. */
function tokenOf(driver: string, volume: Volume, attempt: number): string {
  const place = attempt === 1 ? '' : `-${attempt}`;
  return createHash('sha256').update(`${driver}/${volume.name}${place}`).digest('hex');
}

function refuseRetained({ driver }: EbsContext, volume: Volume, removed: readonly FoundDisk[]): void {
  const kept = removed.find(({ record }) => record.removal?.kept === 'in-place');
  if (kept !== undefined) throw dataRetained(volume, driver, `as ${kept.disk.id}`, 'remove its tags');
}
