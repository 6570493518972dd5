import { wordsOf } from '../../../core/error-words.ts';
import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { Files, Host } from '../../../host/host.ts';
import { quotedOutput } from '../../shared/quoted-output.ts';
import { withPrefix } from '../../shared/storage-errors.ts';
import { lookAtContent } from './content.ts';
import { type DiskDevice, describeDevice } from './device.ts';

const mebibyte = 1024 ** 2;
/** Bytes read at each place between the first and the last MiB. */
const sampleLength = 64 * 1024;

/**
 * Proves that a disk is empty and returns the evidence, or throws with everything that speaks against it. No single look is
 * enough: blkid and wipefs find nothing on a disk that they cannot read, nor if only its beginning was overwritten.
 * So the first and last MiB are read, and between them the places where file systems keep copies of their superblock and
 * partitions begin: powers of two MiB (ext4: 8, 32 or 128 MiB; btrfs: 64 MiB, 256 GiB; partitions: 1 MiB) and quarters (xfs).
 */
export async function proveBlank(
  host: Pick<Host, 'files' | 'programs'>,
  volume: Volume,
  device: DiskDevice,
  signal: AbortSignal,
): Promise<string> {
  const content = await lookAtContent(host, volume, device, signal);
  const against = [
    ...(content.kind === 'nothing'
      ? []
      : [`blkid finds ${content.kind === 'other' ? content.says : content.type}`]),
    ...(await signatures(host, volume, device, signal)),
    ...(await writtenPlaces(host.files, volume, device)),
  ];
  if (against.length > 0) throw notBlank(volume, device, against);
  const between = samplesOf(device.bytes).length - 2;
  return (
    `${describeDevice(device)}: blkid -p and wipefs find no signature, ` +
    `and its first and last MiB and ${between} places between them were read as zeros`
  );
}

/** Everything that is read, in order: offset and length. */
function samplesOf(bytes: number): readonly (readonly [number, number])[] {
  const end = Math.max(0, bytes - mebibyte);
  const powers = Array.from({ length: 53 }, (_, power) => mebibyte * 2 ** power);
  const quarters = [1, 2, 3].map((part) => Math.floor((bytes / 4 / 4096) * part) * 4096);
  const between = [...new Set([...powers, ...quarters])]
    .filter((offset) => offset >= mebibyte && offset < end)
    .sort((a, b) => a - b);
  return [
    [0, Math.min(mebibyte, bytes)],
    ...between.map((offset) => [offset, Math.min(sampleLength, end - offset)] as const),
    [end, bytes - end],
  ];
}

/** wipefs(8) lists signatures that blkid leaves out, such as the second one of a pair. */
async function signatures(
  { programs }: Pick<Host, 'programs'>,
  volume: Volume,
  { path }: DiskDevice,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const args = ['--no-act', '--noheadings', '--output', 'TYPE,OFFSET', path];
  const { exitCode, stdout, stderr } = await withPrefix(
    `Volume ${volume.name}: its disk could not be examined`,
    () => programs.run('wipefs', args, signal),
  );
  if (exitCode !== 0)
    return [`wipefs could not look at it (exit code ${exitCode}), and says ${quotedOutput(stderr)}`];
  const found = stdout.split('\n').map((line) => line.trim().split(/\s+/).join(' at '));
  return found.filter(Boolean).map((words) => `wipefs finds ${words}`);
}

async function writtenPlaces(
  files: Pick<Files, 'readBytes'>,
  volume: Volume,
  device: DiskDevice,
): Promise<readonly string[]> {
  for (const [offset, length] of samplesOf(device.bytes)) {
    const bytes = await read(files, volume, device, offset, length);
    const at = firstWritten(bytes);
    if (at >= 0) return [`the byte at ${offset + at} is ${bytes[at]}, not 0`];
  }
  return [];
}

async function read(
  files: Pick<Files, 'readBytes'>,
  volume: Volume,
  device: DiskDevice,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const unreadable = (words: string, options?: ErrorOptions) =>
    new VolumeError(
      'unavailable',
      `Volume ${volume.name} was not formatted: ${describeDevice(device)} cannot be read at ${offset} (${words}), ` +
        'so its content is unknown. Look into `dmesg` and at the health of the EBS volume, then retry.',
      options,
    );
  try {
    const bytes = await files.readBytes(device.path, offset, length);
    if (bytes.byteLength === length && length > 0) return bytes;
    throw unreadable(`${bytes.byteLength} bytes of ${length}`);
  } catch (error) {
    throw error instanceof VolumeError ? error : unreadable(wordsOf(error), { cause: error });
  }
}

/** -1 if all are zeros; found without a look at each of them. */
function firstWritten(bytes: Uint8Array): number {
  const isBlank = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).equals(
    zeros.subarray(0, bytes.byteLength),
  );
  return isBlank ? -1 : bytes.findIndex((byte) => byte !== 0);
}

const zeros = Buffer.alloc(mebibyte);

function notBlank(volume: Volume, device: DiskDevice, against: readonly string[]): VolumeError {
  return new VolumeError(
    'conflict',
    `Volume ${volume.name} was not formatted: ${describeDevice(device)} is not blank: ${against.join('; ')}. ` +
      'Nothing was written to it. If it holds nothing of value (such as when the host died while it formatted), ' +
      'remove the volume and create it again.',
  );
}
