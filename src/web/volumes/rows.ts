import { type Mark, volumeMarks } from '../../cli/marks.ts';
import { fieldText, percentOf } from '../../cli/volume/list/fields.ts';
import { whoOf } from '../../cli/volume/user-text.ts';
import { field, type Json, textField } from '../../core/json.ts';
import { printable } from '../../core/printable.ts';

/** A volume as the list shows it. No string of it changes the direction of a line or hides. */
export interface VolumeRow {
  readonly key: string;
  readonly driver: string;
  readonly name: string;
  readonly used: string;
  readonly percent: number | undefined;
  readonly state: string;
  readonly users: string;
  readonly marks: readonly Mark[];
  /** In lower case: what the filter looks at. */
  readonly searched: string;
  /** The answer of the API. */
  readonly volume: Json;
}

export type SortKey = 'name' | 'driver' | 'percent' | 'state' | 'users';
export interface Order {
  readonly key: SortKey;
  readonly direction: 'ascending' | 'descending';
}

/** By volume, for those that are mounted here, as `GET /v1/drain` answers. */
export function usersOf(drained: readonly Json[]): ReadonlyMap<string, string> {
  return new Map(drained.map((volume) => [keyOf(volume), printable(whoOf(volume))]));
}

export function volumeRows(
  volumes: readonly Json[],
  users: ReadonlyMap<string, string>,
): readonly VolumeRow[] {
  return volumes.map((volume) => rowOf(volume, users.get(keyOf(volume))));
}

function rowOf(volume: Json, seen: string | undefined): VolumeRow {
  const driver = printable(textField(volume, 'driver'));
  const name = printable(textField(volume, 'name'));
  const state = printable(fieldText(volume, 'State'));
  const users = seen ?? printable(fieldText(volume, 'For'));
  const marks = volumeMarks(volume);
  const searched = [name, driver, state, users, ...marks.map(({ word }) => word)].join('\n').toLowerCase();
  const used = usedText(volume);
  return {
    key: keyOf(volume),
    driver,
    name,
    used,
    percent: percentOf(volume),
    state,
    users,
    marks,
    searched,
    volume,
  };
}

function usedText(volume: Json): string {
  const size = fieldText(volume, 'Size');
  const used = fieldText(volume, 'Used');
  return field(volume, 'usage') === undefined || size === '-' || size === 'unknown'
    ? used
    : `${used} of ${size}`;
}

function keyOf(volume: Json): string {
  return `${textField(volume, 'driver')}/${textField(volume, 'name')}`;
}

/** Unknown figures come last in both directions; equal ones are ordered by name. */
export function sortedRows(rows: readonly VolumeRow[], { key, direction }: Order): readonly VolumeRow[] {
  const sign = direction === 'ascending' ? 1 : -1;
  const compare = (a: VolumeRow, b: VolumeRow): number => {
    const [one, other] = [a[key], b[key]];
    if (one === undefined || other === undefined)
      return Number(one === undefined) - Number(other === undefined);
    return one < other ? -sign : one > other ? sign : 0;
  };
  return [...rows].sort((a, b) => compare(a, b) || (a.key < b.key ? -1 : 1));
}

export interface Wanted {
  /** Words that must all be in it. */
  readonly text: string;
  readonly marked: boolean;
}

export function filteredRows(rows: readonly VolumeRow[], { text, marked }: Wanted): readonly VolumeRow[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return rows.filter(
    (row) => (!marked || row.marks.length > 0) && words.every((word) => row.searched.includes(word)),
  );
}

/** The rows of a long list that are in view. */
export interface Window {
  readonly first: number;
  /** The index after the last row. */
  readonly end: number;
}

/** Rows above and below the view, for a scroll that comes before the next frame. */
const margin = 6;

/** In pixels. */
export function windowOf(
  count: number,
  view: { readonly top: number; readonly height: number; readonly row: number },
): Window {
  const first = Math.max(0, Math.min(count, Math.floor(view.top / view.row)) - margin);
  return { first, end: Math.min(count, Math.ceil((view.top + view.height) / view.row) + margin) };
}
