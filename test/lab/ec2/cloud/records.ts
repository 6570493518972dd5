import type { Clock } from './clock.ts';

/**
 * Resources by ID, each with its earlier states, so that a read can lag behind (EC2 is eventually consistent).
 * A value is never changed in place.
 */
export interface Records<Value> {
  get(id: string): Value | undefined;
  put(id: string, value: Value): void;
  remove(id: string): void;
  all(): readonly Value[];
  /** Its state this many milliseconds ago. */
  seen(id: string, lag: number): Value | undefined;
  allSeen(lag: number): readonly Value[];
}

/** Older states than this are forgotten. */
const remembered = 120_000;

interface Version<Value> {
  readonly since: number;
  readonly value: Value | undefined;
}

export function createRecords<Value>(clock: Clock): Records<Value> {
  const histories = new Map<string, readonly Version<Value>[]>();
  const store = (id: string, value: Value | undefined) => {
    const kept = recent(histories.get(id) ?? [], clock.now() - remembered);
    histories.set(id, [...kept, { since: clock.now(), value }]);
  };
  const seen = (id: string, lag: number) => {
    const versions = histories.get(id) ?? [];
    if (lag <= 0) return versions.at(-1)?.value;
    return versions.findLast(({ since }) => since <= clock.now() - lag)?.value;
  };
  const allSeen = (lag: number) =>
    [...histories.keys()].map((id) => seen(id, lag)).filter((value) => value !== undefined);
  return {
    get: (id) => seen(id, 0),
    put: store,
    remove: (id) => store(id, undefined),
    all: () => allSeen(0),
    seen,
    allSeen,
  };
}

/** The version that was current at that time, and all later ones. */
function recent<Value>(versions: readonly Version<Value>[], time: number): readonly Version<Value>[] {
  const first = versions.findLastIndex(({ since }) => since <= time);
  return versions.slice(Math.max(first, 0));
}
