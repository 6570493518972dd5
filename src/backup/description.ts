import * as z from 'zod/mini';
import type { Options } from '../core/volume.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { Aside, VolumeDriver } from '../driver/volume-driver.ts';

/** What travels along with the data of a volume, so that it can be made again elsewhere. */
export interface Description {
  readonly driver: string;
  readonly backend: string;
  readonly volume: string;
  readonly options: Options;
  /** Those that were asked for when it was created. */
  readonly given: Options;
  readonly createdAt: string;
}

const form = 'holdfast backup 1';
const text = z.string().check(z.maxLength(4096));
const options = z.record(z.string().check(z.maxLength(200)), text);
const schema = z.object({
  form: z.literal(form),
  driver: text,
  backend: text,
  volume: text,
  options,
  given: options,
  createdAt: text,
});

export function describeVolume({ name, backend }: VolumeDriver, { volume }: Aside): string {
  const { options: all, given, createdAt } = volume;
  const described = { form, driver: name, backend, volume: volume.name, options: all, given, createdAt };
  return JSON.stringify(described, undefined, 2);
}

/** Throws `failed`. */
export function parseDescription(content: string | undefined): Description {
  try {
    return schema.parse(JSON.parse(content ?? ''));
  } catch (cause) {
    const message =
      'The description of the volume in the backup cannot be read: was it made by another version?';
    throw new VolumeError('failed', message, { cause });
  }
}
