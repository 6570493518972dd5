import type { VolumeName } from '../../../core/names.ts';
import type { Options, Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { CompletedOptions } from './complete-options.ts';
import type { OptionTable } from './table.ts';

/**
 * Checks a volume from a record, of this host or another, as `plan` checks a new one; only the returned volume may be used. Throws
 * `invalid`, naming the option.
 */
export type Admit = (volume: Volume) => Volume;

/** The part of a backend's `plan` after names and values of options have been checked. Throws `invalid`. */
export type FitOptions = (where: string, name: VolumeName, completed: CompletedOptions) => Options;

/** The checks of a Create for complete options: each counts as given by the caller, so none is left out in favour of another. */
export function admitBy(table: OptionTable, complete: FitOptions): Admit {
  const known = new WeakMap<Volume, Volume>();

  function admit(volume: Volume): Volume {
    const where = `Volume ${volume.name}`;
    const recorded = table.read(where, volume.options);
    if (recorded.profile !== undefined)
      throw new VolumeError('invalid', `${where}: "profile" is not allowed here: write out its options.`);
    const origin = new Map(Object.keys(recorded).map((name) => [name, 'given'] as const));
    const options = complete(where, volume.name, { given: recorded, options: recorded, origin });
    return { ...volume, options, given: table.read(where, volume.given) };
  }

  return (volume) => {
    const admitted = known.get(volume) ?? admit(volume);
    known.set(volume, admitted).set(admitted, admitted);
    return admitted;
  };
}
