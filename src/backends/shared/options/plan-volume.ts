import { parseVolumeName } from '../../../core/names.ts';
import type { Options } from '../../../core/volume.ts';
import type { Backend } from '../../backend.ts';
import type { BackendParts } from '../../definition.ts';
import { completeOptions, copiedFrom, readSources } from './complete-options.ts';
import type { FitOptions } from './recorded-options.ts';
import type { OptionTable } from './table.ts';

/** The `plan` of a backend with these options; `complete` turns them into the volume's. Throws `invalid` for invalid defaults. */
export function createPlan(
  table: OptionTable,
  builtIn: Options,
  complete: FitOptions,
  { host, defaults, profiles }: Pick<BackendParts, 'host' | 'defaults' | 'profiles'>,
): Backend['plan'] {
  const sources = readSources(table, builtIn, defaults, profiles);
  return (name, written, source) => {
    const where = `Volume ${parseVolumeName(name)}`;
    const completed = completeOptions(
      table,
      source === undefined ? sources : copiedFrom(sources, source),
      where,
      written,
    );
    const options = complete(where, name, completed);
    const createdAt = new Date(host.now()).toISOString();
    return { name, id: host.newId(), options, given: completed.given, createdAt };
  };
}
