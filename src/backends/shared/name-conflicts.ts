import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';

/** For a Create: another volume has the name. */
export function nameTaken({ name }: Volume): VolumeError {
  return new VolumeError(
    'conflict',
    `Volume ${name} could not be created: there is another one of that name. Use another name, or remove it first.`,
  );
}

/** For an undelete: another volume has got the name in the meantime. */
export function nameTakenSince({ name }: Volume): VolumeError {
  return new VolumeError(
    'conflict',
    `Volume ${name} could not be brought back: another volume has its name now. Remove that one first.`,
  );
}

/** The same, for a name that it did not have before. */
export function nameTakenFor({ name }: Volume, as: string): VolumeError {
  return new VolumeError(
    'conflict',
    `Volume ${name} could not be brought back as ${as}: there is a volume ${as}. Use another name.`,
  );
}

/** Data retained under the name is never given to a new volume: it is brought back, or an operator frees the name. */
export function dataRetained({ name }: Volume, driver: string, place: string, byHand: string): VolumeError {
  return new VolumeError(
    'conflict',
    `Volume ${name} could not be created: the data of a removed volume of that name was retained ${place}.`,
    { waysOut: [{ act: 'undelete', volume: name, driver }, byHand] },
  );
}

/** For an undelete that finds nothing to bring back. */
export function dataGone({ name, id }: Volume, cause?: unknown): VolumeError {
  return new VolumeError('not-found', `Volume ${name} (${id}) could not be brought back: its data is gone.`, {
    cause,
  });
}
