import { parseSourceName } from '../../../core/snapshot.ts';
import type { OptionRule } from './table.ts';

/** For backends that make clones. */
export const fromRule: OptionRule = {
  name: 'from',
  aliases: [],
  description:
    "Makes the volume a copy of another one of this driver, `from=db`, or of one of its [snapshots](../protect.md), `from=db@before`. What is not given with it is the source's.",
  example: 'from=db@before',
  normalise: (value) => {
    const { volume, snapshot } = parseSourceName(value);
    return snapshot === undefined ? volume : `${volume}@${snapshot}`;
  },
};
