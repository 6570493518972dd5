import { field, type Json, textField } from '../../../core/json.ts';
import { quote } from '../../../core/names.ts';
import { nearest } from '../../../core/nearest.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { fillOf } from '../../marks.ts';
import { fieldText, percentOf, sizeOf } from './fields.ts';

type Key = (volume: Json) => string | number | undefined;

const keys: Readonly<Record<string, Key>> = {
  driver: (volume) => fieldText(volume, 'Driver'),
  name: (volume) => fieldText(volume, 'Name'),
  created: (volume) => fieldText(volume, 'CreatedAt'),
  used: (volume) => fillOf(field(volume, 'usage')).usedBytes,
  size: sizeOf,
  percent: percentOf,
  lastUsed: (volume) => textField(volume, 'lastUsed') || undefined,
  state: (volume) => fieldText(volume, 'State'),
  health: (volume) => fieldText(volume, 'Health'),
};

export const sortKeys: readonly string[] = Object.keys(keys);

/** By a key such as `used`, or `-used` for the largest first; then by driver and name. Unknown values come last. Throws `invalid`. */
export function sortVolumes(volumes: readonly Json[], by: string | undefined): readonly Json[] {
  const orders = [...(by === undefined ? [] : [orderOf(by)]), orderOf('driver'), orderOf('name')];
  return [...volumes].sort((a, b) => {
    for (const order of orders) {
      const result = order(a, b);
      if (result !== 0) return result;
    }
    return 0;
  });
}

function orderOf(by: string): (a: Json, b: Json) => number {
  const isReversed = by.startsWith('-');
  const name = isReversed ? by.slice(1) : by;
  const key = Object.hasOwn(keys, name) ? keys[name] : undefined;
  if (key === undefined) {
    const near = nearest(name, sortKeys);
    const hint = near === undefined ? `Sort by ${sortKeys.join(', ')}.` : `Did you mean ${near}?`;
    throw new VolumeError('invalid', `Volumes cannot be sorted by ${quote(name)}. ${hint}`);
  }
  return (a, b) => {
    const [one, other] = [key(a), key(b)];
    if (one === undefined || other === undefined)
      return Number(one === undefined) - Number(other === undefined);
    return one === other ? 0 : (one < other ? -1 : 1) * (isReversed ? -1 : 1);
  };
}
