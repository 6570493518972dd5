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
      return readRow(numbers.subarray(row * width, (row + 1) * width), places[row]);
    },
    set(key, asked) {
      const row = rows.get(key) ?? newRow();
      rows.set(key, row);
      writeRow(numbers.subarray(row * width, (row + 1) * width), asked);
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

function writeRow(row: Float64Array, { usage, at, took }: Asked): void {
  row[column.at] = at;
  row[column.took] = took;
  row[column.measuredAt] = usage?.measuredAt ?? Number.NaN;
  row[column.kind] = usage === undefined ? -1 : kinds.indexOf(usage.of);
  row[column.isAtLeast] = usage?.isAtLeast === true ? 1 : 0;
  writeFill(row, column.own, usage);
  row[column.room] = usage?.room === undefined ? -1 : kinds.indexOf(usage.room.of);
  writeFill(row, column.roomFill, usage?.room);
}

function writeFill(row: Float64Array, from: number, fill: Fill = {}): void {
  for (const [index, key] of figures.entries()) row[from + index] = fill[key] ?? Number.NaN;
}

function readRow(row: Float64Array, place: string | undefined): Asked {
  const [at = 0, took = 0, measuredAt = 0] = row;
  const of = kinds[row[column.kind] ?? -1];
  if (of === undefined) return { usage: undefined, at, took };
  const room = roomOf(row, place);
  const usage: Usage = {
    of,
    ...fillOf(row, column.own),
    ...(row[column.isAtLeast] === 1 ? { isAtLeast: true } : {}),
    ...(room === undefined ? {} : { room }),
    measuredAt,
  };
  return { usage, at, took };
}

function roomOf(row: Float64Array, place = ''): Room | undefined {
  const of = kinds[row[column.room] ?? -1];
  return of === undefined || of === 'volume' ? undefined : { of, place, ...fillOf(row, column.roomFill) };
}

function fillOf(row: Float64Array, from: number): Fill {
  const fill: { -readonly [K in keyof Fill]: Fill[K] } = {};
  for (const [index, key] of figures.entries()) {
    const value = row[from + index];
    if (value !== undefined && !Number.isNaN(value)) fill[key] = value;
  }
  return fill;
}
