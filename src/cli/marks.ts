import { field, type Json, listField, numberField, textField } from '../core/json.ts';
import { volumeCommand } from '../core/operator-words.ts';
import { type Fill, percentUsed } from '../core/usage.ts';

/** Something about a volume or a driver that a person is to know, as the admin API's answers show it. */
export interface Mark {
  readonly level: 'failure' | 'warning';
  /** A word or two, such as `unreadable` or `93% full`. */
  readonly word: string;
  /** What it means and what to do, in sentences. */
  readonly explanation: string;
  /** The command that fixes it, or that shows what to fix. Absent if the explanation names it. */
  readonly command?: string;
}

/**
 * `unsettled`: held but not mounted, or an Unmount is not recorded yet; the daemon retries. `dead mount`: containers use one, and
 * must be restarted.
 */
export function stateOf(volume: Json): string {
  if (textField(volume, 'unreadable') !== '') return 'unreadable';
  if (listField(volume, 'mustRestart').length > 0) return 'dead mount';
  const isMounted = textField(volume, 'mountpoint') !== '';
  const isHeld = listField(volume, 'holders').length > 0;
  if (listField(volume, 'unmountsPending').length > 0 || (isHeld && !isMounted)) return 'unsettled';
  if (isMounted) return 'mounted';
  const attachedTo = textField(field(volume, 'details'), 'attachedTo');
  return attachedTo === '' || attachedTo === 'nobody' ? 'not mounted' : `attached to ${attachedTo}`;
}

/** The worst one first. */
export function volumeMarks(volume: Json): readonly Mark[] {
  const marks = [stateMark(volume), fullMark(volume), serverMark(field(volume, 'health'), warning)];
  return worstFirst(marks.filter((mark) => mark !== undefined));
}

/** `health`: the driver's part of `/health/ready`; a driver that could not be opened has no other answer. */
export function driverMarks(driver: Json, health: Json): readonly Mark[] {
  const unreadable = numberField(driver, 'unreadable') ?? 0;
  const storage = field(health, 'storage') ?? field(driver, 'health');
  const marks = [
    openingMark(health),
    serverMark(storage, failure),
    unreadable === 0
      ? undefined
      : failure(
          `${unreadable} unreadable`,
          'Records of its volumes cannot be read. The names are kept, the data is untouched, and these volumes cannot be mounted.',
          'holdfast doctor',
        ),
  ];
  return worstFirst(marks.filter((mark) => mark !== undefined));
}

/** A `slow` server answers too. */
export function serverTrouble(health: Json): string | undefined {
  const state = textField(health, 'state');
  if (['', 'ok', 'slow'].includes(state)) return undefined;
  return `Its server ${textField(health, 'server')} is in trouble (${state}): ${textField(health, 'detail')}.`;
}

/** `name`: of the volume, for the command. */
export function deadMountText(name: string): string {
  return `Containers have a dead mount of it: \`holdfast volume inspect ${name}\` names them; restart them.`;
}

export function fillOf(usage: Json): Fill {
  const figures = (['usedBytes', 'sizeBytes', 'usedInodes', 'inodes'] as const).flatMap((key) => {
    const value = numberField(usage, key);
    return value === undefined ? [] : [[key, value]];
  });
  return Object.fromEntries(figures);
}

function stateMark(volume: Json): Mark | undefined {
  const state = stateOf(volume);
  const about = { volume: textField(volume, 'name'), driver: textField(volume, 'driver') };
  if (state === 'unreadable') return failure(state, textField(volume, 'unreadable'), 'holdfast doctor');
  if (state === 'dead mount')
    return failure(state, deadMountText(about.volume), volumeCommand('inspect', about));
  if (state !== 'unsettled') return undefined;
  const explanation =
    'It is held and not mounted, or an Unmount of it is not recorded yet. The daemon tries again by itself; recovery does so now.';
  return warning(state, explanation, 'holdfast recover');
}

function fullMark(volume: Json): Mark | undefined {
  const usage = field(volume, 'usage');
  const percent = percentUsed(fillOf(usage));
  if (percent === undefined || percent < 80) return undefined;
  const of = textField(usage, 'of');
  const whose = of === 'volume' ? 'It has' : `The ${of} that it shares with other volumes has`;
  const left = percent >= 100 ? `${whose} no room left: writes fail` : `${whose} little room left`;
  const explanation = `${left}. Delete data, or make it larger. The command shows what takes the room.`;
  const mountpoint = textField(volume, 'mountpoint');
  const name = { volume: textField(volume, 'name'), driver: textField(volume, 'driver') };
  const command = /^[\w./-]+$/.test(mountpoint)
    ? `du -xh --max-depth=1 ${mountpoint} | sort -h`
    : volumeCommand('inspect', name);
  return (percent >= 100 ? failure : warning)(`${percent}% full`, explanation, command);
}

/** A volume of a server in trouble is not broken itself. */
function serverMark(health: Json, mark: typeof failure): Mark | undefined {
  const trouble = serverTrouble(health);
  const state = textField(health, 'state');
  if (trouble !== undefined) return mark(`server ${state}`, trouble, 'holdfast doctor');
  if (state !== 'slow') return undefined;
  const detail = `Its server ${textField(health, 'server')} is slow: ${textField(health, 'detail')}.`;
  return warning('server slow', detail, 'holdfast doctor');
}

function openingMark(health: Json): Mark | undefined {
  const state = textField(health, 'state');
  if (state === 'failed') {
    const why = textField(field(health, 'error'), 'message');
    return failure('not open', `It could not be opened, and is tried again: ${why}`, 'holdfast doctor');
  }
  return state === 'recovering'
    ? warning('recovering', 'It answers; calls for some volumes still wait for their recovery.')
    : undefined;
}

function failure(word: string, explanation: string, command?: string): Mark {
  return { level: 'failure', word, explanation, ...(command === undefined ? {} : { command }) };
}

function warning(word: string, explanation: string, command?: string): Mark {
  return { level: 'warning', word, explanation, ...(command === undefined ? {} : { command }) };
}

function worstFirst(marks: readonly Mark[]): readonly Mark[] {
  const ofLevel = (level: Mark['level']) => marks.filter((mark) => mark.level === level);
  return [...ofLevel('failure'), ...ofLevel('warning')];
}
