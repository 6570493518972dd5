import type { FoundDisk } from '../record/found-disk.ts';

/** An unmounted volume that stays attached here for a while. */
export interface Lingering {
  readonly timer: NodeJS.Timeout;
  readonly found: FoundDisk;
}
