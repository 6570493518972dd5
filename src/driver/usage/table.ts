import type { Fill, Room, Usage } from '../../core/usage.ts';

/** The last measurement of a volume. */
export interface Asked {
  /** Undefined: it could not be measured so far. */
  readonly usage: Usage | undefined;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Milliseconds. */
  readonly took: number;
}

/** Measurements by key. As objects, those of 10,000 volumes would take 8 MB; here each is a row of numbers. */
export interface UsageTable {
  get(key: string): Asked | undefined;
  set(key: string, asked: Asked): void;
  delete(key: string): void;
  keys(): Iterable<string>;
  readonly size: number;
}

const kinds = ['volume', 'share', 'root'] as const;
/** Columns of a row; NaN where a figure is absent. `kind`: the index of `of`; -1 for no usage. `room`: the same, -1 for no room. */
const column = {
  at: 0,
  took: 1,
  measuredAt: 2,
  kind: 3,
  isAtLeast: 4,
  own: 5,
  room: 9,
  roomFill: 10,
} as const;
const width = 14;
/** The order of a fill's columns. */
const figures = ['usedBytes', 'sizeBytes', 'usedInodes', 'inodes'] as const;
const firstRows = 16;

export function createUsageTable(): UsageTable {
  const rows = new Map<string, number>();
  const free: number[] = [];
  /** By row: the strings that a room has. */
  const places: (string | undefined)[] = [];
  let numbers = new Float64Array(width * firstRows);

  function newRow(): number {
    const row = free.pop() ?? rows.size;
    if ((row + 1) * width <= numbers.length) return row;
    const larger = new Float64Array(numbers.length + width * Math.ceil(row / 2));
    larger.set(numbers);
    numbers = larger;
    return row;
  }

  return {
    get size() {
      return rows.size;
    },
    keys: () => rows.keys(),
    get(key) {
      const row = rows.get(key);
      if (row === undefined) return undefined;
      return readRow(numbers, row * width, places[row]);
    },
    set(key, asked) {
      const row = rows.get(key) ?? newRow();
      rows.set(key, row);
      writeRow(numbers, row * width, asked);
      places[row] = asked.usage?.room?.place;
    },
    delete(key) {
      const row = rows.get(key);
      if (row === undefined) return;
      rows.delete(key);
      places[row] = undefined;
      free.push(row);
    },
  };
}

/** `begin`: where the row begins. */
function writeRow(numbers: Float64Array, begin: number, { usage, at, took }: Asked): void {
  numbers[begin + column.at] = at;
  numbers[begin + column.took] = took;
  numbers[begin + column.measuredAt] = usage?.measuredAt ?? Number.NaN;
  numbers[begin + column.kind] = usage === undefined ? -1 : kinds.indexOf(usage.of);
  numbers[begin + column.isAtLeast] = usage?.isAtLeast === true ? 1 : 0;
  writeFill(numbers, begin + column.own, usage);
  numbers[begin + column.room] = usage?.room === undefined ? -1 : kinds.indexOf(usage.room.of);
  writeFill(numbers, begin + column.roomFill, usage?.room);
}

function writeFill(numbers: Float64Array, from: number, fill: Fill = {}): void {
  for (const [index, key] of figures.entries()) numbers[from + index] = fill[key] ?? Number.NaN;
}

function readRow(numbers: Float64Array, begin: number, place: string | undefined): Asked {
  const figure = (name: keyof typeof column): number => numbers[begin + column[name]] ?? Number.NaN;
  const [at, took] = [figure('at'), figure('took')];
  const of = kinds[figure('kind')];
  if (of === undefined) return { usage: undefined, at, took };
  const usage: Changing<Usage> = { of, measuredAt: figure('measuredAt') };
  readFill(usage, numbers, begin + column.own);
  if (figure('isAtLeast') === 1) usage.isAtLeast = true;
  const shared = kinds[figure('room')];
  if (shared === undefined || shared === 'volume') return { usage, at, took };
  const room: Changing<Room> = { of: shared, place: place ?? '' };
  readFill(room, numbers, begin + column.roomFill);
  usage.room = room;
  return { usage, at, took };
}

type Changing<T> = { -readonly [K in keyof T]: T[K] };

/** Assigns: a list of all volumes reads every row, and spreading costs ten times as much. */
function readFill(fill: Changing<Fill>, numbers: Float64Array, from: number): void {
  let at = from;
  for (const key of figures) {
    const value = numbers[at++];
    if (value !== undefined && !Number.isNaN(value)) fill[key] = value;
  }
}
