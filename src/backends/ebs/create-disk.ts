import { createHash } from 'node:crypto';
import { parseSize } from '../../core/sizes.ts';
import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { adopt } from './adopt-disk.ts';
import type { EbsContext } from './ebs-context.ts';
import { type Disk, type DiskType, Ec2Error, type WantedDisk } from './ec2.ts';
import { type FoundDisk, findByName, findNamed } from './find-disk.ts';
import { encodeRecord, tokenKey } from './tags.ts';
import { waitUntil } from './wait-until.ts';

/** EC2 remembers a token for about twelve hours: so often can one name be made and deleted within them. */
const mostTokens = 50;
/** Milliseconds that the index of tags may be behind what a token tells. */
const indexPatience = 20_000;
/** Milliseconds; EC2 mostly takes 1.5 s (facts of the EBS CSI driver). */
const createTakes = 1_000;
const bytesPerGiB = 1024 ** 3;

/**
 * One call makes the EBS volume with its record, so there is never one without the other. Its token is made of driver and
 * name: of two hosts that create one name at once, EC2 refuses the second.
 */
export async function createDisk(context: EbsContext, volume: Volume, signal: AbortSignal): Promise<Volume> {
  const { present, removed } = await findNamed(context, volume.name, signal);
  if (present?.record.volume.id === volume.id) return present.record.volume;
  if (present !== undefined) throw nameTaken(volume);
  refuseRetained(volume, removed);
  const { volumeId } = volume.options;
  const disk =
    volumeId === undefined
      ? await makeDisk(context, volume, usedTokens(context, volume, removed), signal)
      : await adopt(context, volume, volumeId, signal);
  context.recent.created(volume.name, disk.id);
  context.diskIds.set(volume.id, disk.id);
  await waitAvailable(context, volume, disk, signal);
  return volume;
}

async function makeDisk(
  context: EbsContext,
  volume: Volume,
  used: number,
  signal: AbortSignal,
): Promise<Disk> {
  const ec2 = await context.ec2();
  const wanted = await wantedDisk(context, volume, signal);
  for (let attempt = used + 1; attempt <= used + mostTokens; attempt++) {
    try {
      const tags = { ...wanted.tags, [tokenKey]: `${attempt}` };
      const disk = await ec2.createVolume(
        { ...wanted, tags },
        tokenOf(context.driver, volume, attempt),
        signal,
      );
      // The token of a volume that was deleted since gives that one again.
      if (disk.state === 'deleting' || disk.state === 'deleted') continue;
      context.tokens.used(volume.name, attempt, context.host.now());
      return disk;
    } catch (error) {
      if (!(error instanceof Ec2Error)) throw error;
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

/** How many tokens of this name made volumes that were removed since, as far as this host knows. */
function usedTokens({ tokens }: EbsContext, { name }: Volume, removed: readonly FoundDisk[]): number {
  const ofRemoved = removed.map(({ disk }) => Number(disk.tags[tokenKey] ?? 0));
  return Math.max(tokens.last(name), ...ofRemoved.filter(Number.isSafeInteger));
}

/** Another request was sent with this token, or the limit of volumes was reached by it: is there a volume by now? */
async function behindToken(
  context: EbsContext,
  volume: Volume,
  error: Ec2Error,
  signal: AbortSignal,
): Promise<Disk | undefined> {
  if (error.code !== 'IdempotentParameterMismatch' && error.code !== 'VolumeLimitExceeded') throw error;
  const wait = { clock: context.clock, sentence: 'Nothing was found.', signal, patience: indexPatience };
  const found = await waitUntil(wait, () => findByName(context, volume.name, signal)).catch((thrown) => {
    if (signal.aborted || !(thrown instanceof VolumeError) || thrown.code !== 'timeout') throw thrown;
    return undefined;
  });
  if (found?.record.volume.id === volume.id) return found.disk;
  if (found !== undefined) throw nameTaken(volume);
  if (error.code === 'VolumeLimitExceeded') throw error;
  return undefined;
}

async function wantedDisk(context: EbsContext, volume: Volume, signal: AbortSignal): Promise<WantedDisk> {
  const { options } = volume;
  const zone = options.availabilityZone ?? (await context.whereabouts(signal)).zone;
  const tags = encodeRecord(
    { driver: context.driver, volume, isBlank: options.snapshot === undefined },
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
    ...(options.snapshot === undefined ? {} : { snapshotId: options.snapshot }),
  };
}

function diskType(text: string | undefined): DiskType {
  return (text ?? 'gp3') as DiskType;
}

/** 64 characters, which is what EC2 takes. */
function tokenOf(driver: string, volume: Volume, attempt: number): string {
  const place = attempt === 1 ? '' : `-${attempt}`;
  return createHash('sha256').update(`${driver}/${volume.name}${place}`).digest('hex');
}

/** A disk that goes wrong, as with a KMS key that may not be used, does so soon. */
async function waitAvailable(
  context: EbsContext,
  volume: Volume,
  disk: Disk,
  signal: AbortSignal,
): Promise<void> {
  if (disk.state === 'available' || disk.state === 'in-use') return;
  const ec2 = await context.ec2();
  const { clock } = context;
  const visibleBy = clock.now() + indexPatience;
  const sentence = `Volume ${volume.name}: ${disk.id} was made and is not available yet: the same call again goes on with it.`;
  await waitUntil({ clock, sentence, signal, notBefore: createTakes }, async () => {
    const now = await ec2.volume(disk.id, signal);
    // A new one may not be visible yet; one that a token gave again may be deleted since.
    if (now === undefined && clock.now() >= visibleBy) throw vanished(volume, disk);
    if (now?.state === 'error' || now?.state === 'deleting' || now?.state === 'deleted')
      throw wentWrong(volume, disk);
    return now?.state === 'available' || now?.state === 'in-use' ? now : undefined;
  });
}

function vanished(volume: Volume, disk: Disk): VolumeError {
  return new VolumeError(
    'failed',
    `Volume ${volume.name} could not be created: EC2 does not know ${disk.id} any more, which it made for it: somebody deleted it. Create it anew.`,
  );
}

function wentWrong(volume: Volume, disk: Disk): VolumeError {
  return new VolumeError(
    'failed',
    `Volume ${volume.name} could not be created: EC2 gave up ${disk.id}, mostly because the KMS key may not be used or does not exist: check \`kmsKeyId\`.`,
  );
}

/** Data that was retained under the name is never given to a new volume. */
function refuseRetained(volume: Volume, removed: readonly FoundDisk[]): void {
  const kept = removed.find(({ record }) => record.removal?.kept === 'in-place');
  if (kept === undefined) return;
  throw new VolumeError(
    'conflict',
    `Volume ${volume.name} could not be created: the data of a removed volume of that name was retained as ${kept.disk.id}. ` +
      `Bring it back with \`holdfast volume undelete ${volume.name}\`, or take its tags away.`,
  );
}

function nameTaken(volume: Volume): VolumeError {
  return new VolumeError(
    'conflict',
    `Volume ${volume.name} could not be created: there is another one of that name. Use another name, or remove it first.`,
  );
}
