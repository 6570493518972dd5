import { quote } from '../../../core/names.ts';
import type { Options, Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { Modifications } from '../../backend.ts';
import { bindOptions } from '../options/directory-options.ts';
import type { OptionTable } from '../options/table.ts';
import { seeData } from '../snapshots/clone.ts';
import { replaceRecord } from './replace-record.ts';
import { requireRecorded } from './require-recorded.ts';
import type { RecordedStorage } from './storage.ts';

/** The flags of the volume's mount, which its next mount has. Mounts on other hosts keep those that they have. */
export function recordedModifications(storage: RecordedStorage, table: OptionTable): Modifications {
  return {
    kind: 'modifies',
    when: 'unstaged',
    foresee: (volume, wanted, signal) =>
      storage.act({
        doing: doingOf(volume),
        signal,
        kind: 'look',
        async work(doing) {
          const recorded = await requireRecorded(storage, volume, doing);
          const next = changed(table, recorded, wanted, doing);
          if (next !== recorded && storage.placeOf(next).kind === 'owned')
            await seeData(storage, next, doing);
          return next;
        },
      }),
    modify: (volume, wanted, _mountpoint, signal) =>
      storage.act({
        doing: doingOf(volume),
        signal,
        kind: 'change',
        work: (doing) =>
          storage.copyLock.hold([volume.id], doing, signal, async (until) => {
            const recorded = await requireRecorded(storage, volume, doing);
            const next = changed(table, recorded, wanted, doing);
            if (next !== recorded) await record(storage, recorded, next, doing, until);
            return next;
          }),
      }),
  };
}

async function record(
  storage: RecordedStorage,
  recorded: Volume,
  next: Volume,
  doing: string,
  signal: AbortSignal,
): Promise<void> {
  const changes = bindOptions
    .filter((name) => flagOf(recorded, name) !== flagOf(next, name))
    .map((name) => `${name} from ${flagOf(recorded, name)} to ${flagOf(next, name)}`);
  const evidence = `by request ${changes.join(', ')}`;
  await replaceRecord(storage, next, { act: 'modify', evidence }, doing, signal);
}

/** The same volume if it has all that is wanted. Throws `invalid` for options that belong to its data. */
function changed(table: OptionTable, recorded: Volume, wanted: Options, doing: string): Volume {
  const asked = table.read(doing, wanted);
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
