import { percentUsed, type Usage } from '../../core/usage.ts';

/** Something that can become full: a volume with its own size, or a file system that volumes share. */
export interface Filling {
  readonly driver: string;
  readonly of: Usage['of'];
  /** Absent for a file system that volumes share. */
  readonly volume?: string;
  /** Where that file system is. */
  readonly place?: string;
  readonly percent: number;
}

/** Undefined if the use is unknown, or the volume has no limit. */
export function fillingOf(driver: string, volume: string, usage: Usage): Filling | undefined {
  const percent = percentUsed(usage);
  if (percent !== undefined)
    return { driver, of: usage.of, ...(usage.of === 'volume' ? { volume } : {}), percent };
  const { room } = usage;
  const shared = room && percentUsed(room);
  return room === undefined || shared === undefined
    ? undefined
    : { driver, of: room.of, place: room.place, percent: shared };
}

export function keyOf({ driver, of, volume = '', place = '' }: Filling): string {
  return JSON.stringify([driver, of, volume, place]);
}

/** Keeps the fullest ones of any number, by key. */
export interface Fullest {
  add(filling: Filling): void;
  /** The fullest first. */
  found(): readonly Filling[];
}

export function createFullest(most: number): Fullest {
  let kept: readonly Filling[] = [];
  const keys = new Set<string>();
  return {
    add(filling) {
      const last = kept.length < most ? undefined : kept.at(-1);
      if (last !== undefined && last.percent >= filling.percent) return;
      const key = keyOf(filling);
      // Many volumes share one file system.
      if (keys.has(key)) return;
      const at = kept.findIndex(({ percent }) => percent < filling.percent);
      const place = at < 0 ? kept.length : at;
      const all = [...kept.slice(0, place), filling, ...kept.slice(place)];
      for (const dropped of all.slice(most)) keys.delete(keyOf(dropped));
      kept = all.slice(0, most);
      keys.add(key);
    },
    found: () => kept,
  };
}
