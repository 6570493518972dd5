import { basename, join } from 'node:path';
import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { FileFacts, Files } from '../../../host/host.ts';
import type { Clock } from '../clock.ts';
import {
  type Candidate,
  type DeviceFolders,
  namedCandidates,
  readSerial,
  serialCandidates,
  serialOf,
} from './candidates.ts';

export interface DeviceParts {
  readonly files: Pick<Files, 'facts' | 'realPath' | 'readText' | 'list'>;
  readonly folders: DeviceFolders;
  readonly clock: Clock;
}

export interface WantedDevice {
  readonly volume: Volume;
  /** `vol-…`. */
  readonly diskId: string;
  /** The device name that EC2 has for the attachment, such as `/dev/xvdba`. */
  readonly requested: string;
}

/** The device of an attached volume, identified by its name or serial number, never by its size or by being new. */
export interface DiskDevice {
  readonly diskId: string;
  /** Canonical. */
  readonly path: string;
  /** "major:minor". */
  readonly number: string;
  readonly bytes: number;
  /** Undefined if the disk has none, as on Xen. */
  readonly serial?: string;
}

/** Milliseconds: the kernel usually has the disk before EC2 says `attached`, and udev makes its names some 10 ms later. */
const firstPause = 10;
const factor = 1.6;
const longestPause = 1_000;

/**
 * Waits at most `patience` milliseconds for the device of a volume that EC2 says is attached here. Throws `unavailable` with
 * everything that was seen: what is missing, and which other disk a name leads to.
 */
export async function findDevice(
  parts: DeviceParts,
  wanted: WantedDevice,
  patience: number,
  signal: AbortSignal,
): Promise<DiskDevice> {
  const deadline = parts.clock.now() + patience;
  for (let pause = firstPause; ; pause = Math.min(pause * factor, longestPause)) {
    const look = await lookForDevice(parts, wanted);
    if (look.device) return look.device;
    if (signal.aborted || parts.clock.now() >= deadline) throw notFound(wanted, look.seen, signal);
    await parts.clock.sleep(pause, signal).catch(() => undefined);
  }
}

/** Checks again that the path leads to the same disk. Throws `unavailable` if it does not. */
export async function verifyDevice(
  parts: Pick<DeviceParts, 'files' | 'folders'>,
  volume: Volume,
  device: DiskDevice,
): Promise<void> {
  const now = await examine(parts, { path: device.path, must: 'be-there' }, device.diskId);
  if (typeof now !== 'string' && now.number === device.number && now.serial === device.serial) return;
  const seen = typeof now === 'string' ? now : `${device.path} is another device now`;
  throw new VolumeError(
    'unavailable',
    `Volume ${volume.name} was not touched: its disk ${device.diskId} was replaced in the meantime: ${seen}. Retry.`,
  );
}

/** The disk's name in messages and the audit log. */
export function describeDevice({ diskId, path, serial }: DiskDevice): string {
  return `${diskId} at ${path} (${serial === undefined ? 'no serial number' : `serial number ${serial}`})`;
}

interface Look {
  readonly device?: DiskDevice;
  /** Why each of the names was rejected. */
  readonly seen: readonly string[];
}

/** One look, now. */
export async function lookForDevice(
  parts: Pick<DeviceParts, 'files' | 'folders'>,
  { diskId, requested }: WantedDevice,
): Promise<Look> {
  const seen: string[] = [];
  for (const find of [
    async () => namedCandidates(parts.folders, diskId, requested),
    () => serialCandidates(parts.files, parts.folders, diskId),
  ]) {
    const candidates = await find();
    // Only the search by serial number may find none.
    if (candidates.length === 0) seen.push(`no NVMe disk has the serial number ${serialOf(diskId)}`);
    for (const candidate of candidates) {
      const found = await examine(parts, candidate, diskId);
      if (typeof found !== 'string') return { device: found, seen };
      seen.push(found);
    }
  }
  return { seen };
}

/** The device, or why it is not the volume's. */
async function examine(
  { files, folders }: Pick<DeviceParts, 'files' | 'folders'>,
  { path, must }: Candidate,
  diskId: string,
): Promise<DiskDevice | string> {
  const itself = await files.facts(path);
  if (itself === undefined)
    return missing(path, await files.facts(join(folders.system, 'block', basename(path))));
  if (must === 'be-a-symlink' && itself.kind !== 'symlink') return `${path} is not a symlink`;
  const real = await files.realPath(path);
  const folder = (await files.realPath(folders.devices)) ?? folders.devices;
  if (real === undefined) return `${path} leads nowhere`;
  const leads = real === path ? path : `${path} leads to ${real}, which`;
  if (!real.startsWith(`${folder}/`)) return `${leads} is outside of ${folder}`;
  const facts = await files.facts(real);
  if (facts?.number === undefined) return `${leads} is not a block device`;
  if (facts.size === 0) return `${leads} has no disk behind it`;
  const serial = await readSerial(files, folders, basename(real));
  if (serial !== undefined && serial !== serialOf(diskId)) {
    return `${leads} is another disk: its serial number is ${serial}, not ${serialOf(diskId)}`;
  }
  const device = { diskId, path: real, number: facts.number, bytes: facts.size };
  return serial === undefined ? device : { ...device, serial };
}

/** `known`: what the kernel has under this name. */
function missing(path: string, known: FileFacts | undefined): string {
  if (known === undefined) return `${path} is missing`;
  return `${path} is missing, although the kernel has the disk: a container or managed plugin needs /dev and all devices of the host`;
}

function notFound(
  { volume, diskId }: WantedDevice,
  seen: readonly string[],
  signal: AbortSignal,
): VolumeError {
  return new VolumeError(
    signal.aborted ? 'timeout' : 'unavailable',
    `Volume ${volume.name} could not be mounted: EC2 has its disk ${diskId} attached here, but no block device matches it: ` +
      `${seen.join('; ')}. Look into \`dmesg\` and at \`lsblk -o NAME,SERIAL\`, then retry.`,
  );
}
