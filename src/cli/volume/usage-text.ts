import { field, type Json, textField } from '../../core/json.ts';
import { shortSize } from '../../core/sizes.ts';
import { percentUsed } from '../../core/usage.ts';
import { fillOf } from '../marks.ts';

/** Lines for `inspect`. Unknown figures are shown as unknown, not as 0. */
export function usageLines(volume: Json, now: number): readonly string[] {
  const usage = field(volume, 'usage');
  if (usage === undefined) return ['unknown: not measured since the daemon started'];
  const room = field(usage, 'room');
  const of = textField(usage, 'of');
  return [
    `${fillText(usage)}${of === 'volume' ? '' : `, of the whole ${of}`}`,
    ...(room === undefined
      ? []
      : [`${textField(room, 'of')} ${textField(room, 'place')}: ${fillText(room)}`]),
    `measured ${ageText(textField(usage, 'measuredAt'), now)}`,
  ];
}

/** "1.2GiB of 9.8GiB (12 %), 40 of 655360 inodes". */
function fillText(usage: Json): string {
  const { usedBytes, sizeBytes, usedInodes, inodes } = fillOf(usage);
  const least = field(usage, 'isAtLeast') === true ? 'at least ' : '';
  const used = usedBytes === undefined ? 'unknown' : `${least}${shortSize(usedBytes)}`;
  const size =
    sizeBytes === undefined ? '' : `${usedBytes === undefined ? ',' : ''} of ${shortSize(sizeBytes)}`;
  const percent = percentUsed(fillOf(usage));
  const share = percent === undefined ? '' : ` (${percent} %)`;
  const whole = inodes === undefined ? '' : ` of ${inodes}`;
  return `${used}${size}${share}${usedInodes === undefined ? '' : `, ${usedInodes}${whole} inodes`}`;
}

/** The age of an RFC 3339 time: "12 s ago", "3 min ago". */
export function ageText(time: string, now: number): string {
  const seconds = Math.round((now - Date.parse(time)) / 1000);
  if (!Number.isFinite(seconds)) return 'at an unknown time';
  if (seconds < 120) return `${Math.max(0, seconds)} s ago`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min ago`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h ago` : `${Math.round(seconds / 86_400)} d ago`;
}
