import type { LogLevel } from '../core/log.ts';
import { printable } from '../core/printable.ts';
import type { Fields } from './clean-fields.ts';

export interface LoggedEvent {
  readonly time: Date;
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: Fields;
}

export type Colours = 'coloured' | 'plain';

/** One JSON object: `time` (RFC 3339, UTC), `level`, `event`, then the fields, which cannot override those names. */
export function jsonLine({ time, level, event, fields }: LoggedEvent): string {
  const head = { time: time.toISOString(), level, event };
  return printable(JSON.stringify({ ...head, ...fields, ...head }));
}

const levelColours: Readonly<Record<LogLevel, string>> = {
  debug: '\u001b[2m',
  info: '\u001b[32m',
  warn: '\u001b[33m',
  error: '\u001b[31m',
};

/** `12:03:04.123 info  mount driver=holdfast volume=db`, local time; control characters are escaped. */
export function textLine({ time, level, event, fields }: LoggedEvent, colours: Colours): string {
  const pairs = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${faint(`${plainWord(key)}=`, colours)}${plainWord(value)}`);
  const paint =
    colours === 'coloured' ? `${levelColours[level]}${level.padEnd(5)}\u001b[0m` : level.padEnd(5);
  return [faint(clock(time), colours), paint, plainWord(event), ...pairs].join(' ');
}

function faint(text: string, colours: Colours): string {
  return colours === 'coloured' ? `\u001b[2m${text}\u001b[0m` : text;
}

function clock(time: Date): string {
  const part = (value: number, width: number): string => String(value).padStart(width, '0');
  const clockTime = [time.getHours(), time.getMinutes(), time.getSeconds()].map((value) => part(value, 2));
  return `${clockTime.join(':')}.${part(time.getMilliseconds(), 3)}`;
}

function plainWord(value: unknown): string {
  if (typeof value === 'string' && /^[\w./:@%+,-]+$/.test(value)) return value;
  return printable(JSON.stringify(value) ?? 'undefined');
}
