import { status } from '@grpc/grpc-js';
import { parseSize } from '../core/sizes.ts';
import type { Options } from '../core/volume.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { VolumeDriver } from '../driver/volume-driver.ts';
import { CsiError } from './call.ts';
import type { CapacityRange } from './messages.ts';

const gibibyte = 1024 ** 3;

/** Bytes. Absent: any. */
export interface Wanted {
  readonly least?: number | undefined;
  readonly most?: number | undefined;
}

/** Throws `invalid`, and OUT_OF_RANGE. */
export function wantedOf(range: CapacityRange | null | undefined): Wanted {
  const least = bytesOf(range?.required_bytes);
  const most = bytesOf(range?.limit_bytes);
  if (least !== undefined && most !== undefined && least > most)
    throw new VolumeError(
      'invalid',
      `The capacity's limit (${most} bytes) is less than what is required (${least}).`,
    );
  return { ...(least === undefined ? {} : { least }), ...(most === undefined ? {} : { most }) };
}

function bytesOf(text = '0'): number | undefined {
  const bytes = Number(text);
  if (bytes < 0)
    throw new VolumeError('invalid', `The capacity ${text} is negative: give a number of bytes.`);
  if (bytes > Number.MAX_SAFE_INTEGER)
    throw new CsiError(status.OUT_OF_RANGE, `The capacity ${text} is too large: give less than 8PiB.`);
  return bytes === 0 ? undefined : bytes;
}

/** The size of a volume in bytes; undefined if it has no limit, or a limit that is only known where it is mounted. */
export function sizeOf(options: Options): number | undefined {
  return options.size === undefined ? undefined : parseSize(options.size);
}

/** Why a volume of this size does not fit; undefined if it does. */
export function misfit(size: number | undefined, { least, most }: Wanted): string | undefined {
  if (size === undefined) return undefined;
  if (least !== undefined && size < least) return `its size is ${size} bytes, and ${least} are required`;
  if (most !== undefined && size > most) return `its size is ${size} bytes, and the limit is ${most}`;
  return undefined;
}

/** Whether volumes are disks of a cloud: available to any host, to one at a time. */
export function isDisk({ capabilities: { scope, sharing } }: Pick<VolumeDriver, 'capabilities'>): boolean {
  return scope === 'global' && sharing === 'one-host';
}

/** The option `size` for a range; undefined: any. A disk of a cloud has whole GiB. Throws OUT_OF_RANGE. */
export function newSize(
  driver: Pick<VolumeDriver, 'capabilities'>,
  { least, most }: Wanted,
): string | undefined {
  const unit = isDisk(driver) ? gibibyte : 1;
  const up = least === undefined ? undefined : Math.ceil(least / unit) * unit;
  const bytes = up ?? (most === undefined ? undefined : Math.floor(most / unit) * unit);
  if (bytes === undefined) return undefined;
  if (bytes > 0 && bytes <= (most ?? bytes)) return `${bytes}B`;
  throw new CsiError(status.OUT_OF_RANGE, 'No whole number of GiB is within the capacity range.');
}
