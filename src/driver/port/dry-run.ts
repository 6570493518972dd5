import type { MountId, SnapshotName, VolumeName } from '../../core/names.ts';
import type { ForeseenContainers } from '../../core/protect/containers.ts';
import type { Options, Volume } from '../../core/volume.ts';
import type { InUseRule } from './calls.ts';

/** A change for a dry run. `id` of an undelete: the ID of the removed volume. */
export type Intent =
  | {
      readonly verb: 'create';
      readonly name: VolumeName;
      readonly options: Options;
      /** What would be done in the containers that use the source of a copy. */
      readonly prepare?: (source: VolumeName) => Promise<ForeseenContainers>;
    }
  | { readonly verb: 'undelete'; readonly name: VolumeName; readonly id?: string; readonly as?: VolumeName }
  | { readonly verb: 'mount' | 'unmount'; readonly name: VolumeName; readonly id: MountId }
  | { readonly verb: 'remove' | 'release'; readonly name: VolumeName }
  | SnapshotIntent
  | SnapshotCopyIntent
  | { readonly verb: 'grow'; readonly name: VolumeName; readonly size: string }
  | { readonly verb: 'modify'; readonly name: VolumeName; readonly options: Options };

export interface SnapshotIntent {
  readonly verb: 'snapshot' | 'remove-snapshot' | 'rollback';
  readonly name: VolumeName;
  readonly snapshot: SnapshotName;
  /** Only for `snapshot`. */
  readonly use?: InUseRule;
}

export interface SnapshotCopyIntent {
  readonly verb: 'copy-snapshot';
  readonly name: VolumeName;
  readonly snapshot: SnapshotName;
  readonly place: string;
}

/** What a call would do. */
export interface Foreseen {
  /** In order; none if nothing is left to do. */
  readonly steps: readonly ForeseenStep[];
  /** After a create, an undelete, a growth or another change. */
  readonly volume?: Volume;
}

export const foreseenActs = [
  'create',
  'undelete',
  'hold',
  'drop holder',
  'mount',
  'unmount',
  'keep mounted',
  'trash',
  'retain',
  'delete',
  'look',
  'prepare',
  'snapshot',
  'delete snapshot',
  'copy',
  'copy snapshot',
  'roll back',
  'grow',
  'modify',
] as const;

export interface ForeseenStep {
  /**
   * `look`: only that shows whether somebody uses the volume, and may end the call with `in-use`. `prepare`: what is done in the
   * containers that use it.
   */
  readonly act: (typeof foreseenActs)[number];
  /** For people: a place, a holder, a time. */
  readonly about: string;
}
