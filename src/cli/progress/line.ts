import { field, type Json, numberField, textField } from '../../core/json.ts';
import { printable } from '../../core/printable.ts';
import { shortSize } from '../../core/sizes.ts';

/** What the daemon told of the work on a volume; undefined: the call waits for something else. */
export interface Told {
  readonly volume: string;
  readonly work: Json | undefined;
  /** Since the command began to wait. */
  readonly seconds: number;
}

const doings: Readonly<Record<string, string>> = {
  copy: 'Copying',
  delete: 'Deleting',
  purge: 'Purging',
  format: 'Formatting',
};
/** Columns of a bar. */
const widest = 40;
const narrowest = 8;

/** One line of at most so many columns: with a bar where there is room and the total is known. Volume names are ASCII. */
export function progressLine(told: Told, columns: number): string {
  const { share, figures } = amountsOf(told.work);
  const begin = beginOf(told);
  const time = duration(told.seconds);
  const percent = share === undefined ? '' : `${Math.floor(share * 100)}%`;
  const rest = joined([percent, figures, time]);
  const room = Math.min(widest, columns - begin.length - rest.length - ' [] '.length);
  if (share !== undefined && room >= narrowest) return `${begin} ${bar(share, room)} ${rest}`;
  const forms = [joined([begin, rest]), joined([begin, percent || figures, time]), joined([begin, percent])];
  return forms.find((form) => form.length <= columns) ?? begin.slice(0, Math.max(0, columns));
}

/** The same as a sentence, for a log. */
export function progressSentence(told: Told): string {
  const { share, figures } = amountsOf(told.work);
  const percent = share === undefined ? '' : `${Math.floor(share * 100)}%`;
  return `${[beginOf(told), percent, figures, duration(told.seconds)].filter(Boolean).join(', ')}.`;
}

function beginOf({ volume, work }: Told): string {
  return `${doings[textField(work, 'what')] ?? 'Waiting for'} ${printable(volume)}`;
}

const units = [
  { key: 'bytes', bare: shortSize, text: shortSize },
  { key: 'entries', bare: String, text: files },
] as const;

/** A total that is less than what is done was measured before there was more. */
function amountsOf(work: Json | undefined): { readonly share?: number; readonly figures: string } {
  for (const { key, bare, text } of units) {
    const done = numberField(field(work, 'done'), key);
    const total = numberField(field(work, 'total'), key);
    if (total !== undefined && total > 0 && (done ?? 0) <= total)
      return { share: (done ?? 0) / total, figures: `${bare(done ?? 0)} of ${text(total)}` };
    if (done !== undefined) return { figures: text(done) };
  }
  return { figures: '' };
}

function files(count: number): string {
  return `${count} ${count === 1 ? 'file' : 'files'}`;
}

function bar(share: number, width: number): string {
  const full = Math.floor(share * width);
  return `[${'#'.repeat(full)}${'.'.repeat(width - full)}]`;
}

function duration(seconds: number): string {
  const whole = Math.floor(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('  ');
}
