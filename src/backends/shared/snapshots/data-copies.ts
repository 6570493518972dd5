import type { Volume } from '../../../core/volume.ts';
import type { Tell } from '../../../core/waits/progress.ts';
import type { CopyManner, NotOffered } from '../../backend.ts';

/** How the data of one kind of volume is copied. */
export interface DataCopies {
  readonly kind: 'copies';
  /** Throws if the new volume could not have its place, apart from data that is there. Changes nothing. */
  requirePlace(volume: Volume, signal: AbortSignal): Promise<void>;
  /** `seeData`: finds where it is, if that matters. */
  manner(seeData: () => Promise<string>, signal: AbortSignal): Promise<CopyManner>;
  /** What it makes is durable, apart from `to` itself and its name: the caller syncs both, with others at once. */
  copy(copy: DataCopy, signal: AbortSignal, tell: Tell): Promise<void>;
  /** Shows a copy at `data` read-only. May fail halfway. */
  stage(volume: Volume, data: string, mountpoint: string, signal: AbortSignal): Promise<void>;
  unstage(volume: Volume, mountpoint: string): Promise<void>;
}

interface DataCopy {
  readonly volume: Volume;
  readonly from: string;
  /** Does not exist. If the copy fails, a part of it may be left. */
  readonly to: string;
  /** Where the volume is staged and in use; undefined: nobody uses the data. */
  readonly mountpoint: string | undefined;
  /** A snapshot stays as it is. */
  readonly access: 'read-only' | 'read-write';
  /** Others may write the data meanwhile. Only if the manner can be live. */
  readonly isLive: boolean;
}

/** What is copied file by file stays on one file system. Without the rest, a copy would look whole. */
export function partElsewhere(data: string, elsewhere: string): NotOffered {
  return {
    kind: 'none',
    why: `${elsewhere} in its data (${data}) is on another file system, or another btrfs subvolume, which a copy would leave out: unmount it, or move what is in it to the rest.`,
  };
}

export type CopiesOf = (volume: Volume) => DataCopies | NotOffered;
