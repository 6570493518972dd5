import type { RecoveryStep } from '../../core/decisions/recovery-plan.ts';
import type { MountId, VolumeName } from '../../core/names.ts';
import type { Prepared } from '../../core/protect/containers.ts';
import type { Consistency } from '../../core/protect/snapshot.ts';
import type { Volume } from '../../core/volume.ts';

export interface Caller {
  /** True once an answer can no longer reach the caller. */
  gone(): boolean;
}

export interface Mounted {
  readonly mountpoint: string;
  /** To be called when the answer could not be delivered: takes the holder back, unless others mounted by the same ID. */
  undelivered(): Promise<void>;
}

/** What a release gave up. */
export interface Released {
  readonly holders: readonly MountId[];
  /** Where it was mounted until now. */
  readonly mountpoint?: string;
}

export interface Place {
  /** Absolute. */
  readonly path: string;
  readonly access: 'read-write' | 'read-only';
  /** `in-use` while the volume is published at another path of this host. */
  readonly alone?: boolean;
}

export type PrepareSource = (source: VolumeName) => Promise<Prepared>;

/**
 * Whether data that is copied file by file may be in use meanwhile: by nobody, by anybody, or by these containers, which are paused.
 * `paused`: their full IDs.
 */
export type InUseRule =
  | 'refuse'
  | 'accept'
  | { readonly paused: ReadonlySet<string>; readonly others: 'refuse' | 'accept' };

/** A volume's data, mounted read-only. */
export interface Aside {
  /**
   * The directory with the data. Its name is `data`, and it is alone in a private directory, where the reader may keep files of its own:
   * they are deleted with it.
   */
  readonly path: string;
  readonly volume: Volume;
  /** `live`: the data itself, which others may change. */
  readonly consistency: Consistency;
}

export interface TakenStep extends RecoveryStep {
  /** Present when the step failed: the error's message. */
  readonly error?: string;
}
