import type { Volume } from '../../core/volume.ts';

/** What a driver knows of the uses on this host, by volume ID. Times are in milliseconds since the epoch. */
export interface OwnUses {
  /** Uses that have ended, and are not noted on the storage yet. */
  readonly ended: Map<string, EndedUse>;
  /** The latest notes, of the last hour. */
  readonly notedAt: Map<string, number>;
}

export interface EndedUse {
  readonly volume: Volume;
  readonly at: number;
}
