import { quote } from '../../core/names.ts';
import type { Options, Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { Modifications } from '../backend.ts';
import { bindOptions } from '../shared/options/directory-options.ts';
import { requireRecorded } from '../shared/recorded/require-recorded.ts';
import type { RecordedStorage } from '../shared/recorded/storage.ts';
import { localOptions } from './options.ts';

/** The flags of the volume's mount, which its next mount has. */
export function createLocalModifications(storage: RecordedStorage): Modifications {
  return {
    kind: 'modifies',
    when: 'unstaged',
    foresee: (volume, wanted, signal) =>
      storage.act({
        doing: doingOf(volume),
        signal,
        kind: 'look',
        work: async (doing) => changed(await requireRecorded(storage, volume, doing), wanted, doing),
      }),
    modify: (volume, wanted, _mountpoint, signal) =>
      storage.act({
        doing: doingOf(volume),
        signal,
        kind: 'change',
        work: async (doing) => record(storage, await requireRecorded(storage, volume, doing), wanted, doing),
      }),
  };
}

async function record(
  storage: RecordedStorage,
  recorded: Volume,
  wanted: Options,
  doing: string,
): Promise<Volume> {
  const next = changed(recorded, wanted, doing);
  if (next === recorded) return recorded;
  const changes = bindOptions
    .filter((name) => flagOf(recorded, name) !== flagOf(next, name))
    .map((name) => `${name} from ${flagOf(recorded, name)} to ${flagOf(next, name)}`);
  const evidence = `by request ${changes.join(', ')}`;
  storage.audit({ act: 'modify', driver: storage.driver, volume: recorded.name, evidence });
  await storage.registry.replace(next);
  return next;
}

/** The same volume if it has all that is wanted. Throws `invalid` for options that belong to its data. */
function changed(recorded: Volume, wanted: Options, doing: string): Volume {
  const asked = localOptions.read(doing, wanted);
  const names = Object.keys(asked);
  const other = names.find((name) => !bindOptions.includes(name));
  const known = bindOptions.join(', ');
  if (other !== undefined)
    throw new VolumeError(
      'invalid',
      `${doing}: ${quote(other)} cannot be changed, only ${known}.${wayOut(other)}`,
    );
  if (names.length === 0) throw new VolumeError('invalid', `${doing}: say what is to change: ${known}.`);
  const differing = names.filter((name) => flagOf(recorded, name) !== asked[name]);
  if (differing.length === 0) return recorded;
  const options = Object.fromEntries(differing.map((name) => [name, asked[name] ?? 'false']));
  return { ...recorded, options: { ...recorded.options, ...options } };
}

function wayOut(option: string): string {
  if (option === 'size') return ' To change its size, grow it.';
  return ['uid', 'gid', 'mode'].includes(option) ? ' Change owner and mode of its files themselves.' : '';
}

function flagOf({ options }: Volume, name: string): string {
  return options[name] ?? 'false';
}

function doingOf({ name }: Volume): string {
  return `Volume ${name} could not be changed`;
}
