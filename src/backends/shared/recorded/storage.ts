import type { Log } from '../../../core/log.ts';
import type { VolumeName } from '../../../core/names.ts';
import type { Volume } from '../../../core/volume.ts';
import type { FilesBelow } from '../../../host/host.ts';
import type { Admit } from '../options/recorded-options.ts';
import type { CopyLock } from '../snapshots/copy-lock.ts';
import type { DataKind } from './data-kind.ts';
import type { ChangedNames } from './registry-changes.ts';
import type { RemovalParts } from './removal.ts';
import type { StorageRoot } from './storage-root.ts';
import type { UseNotes } from './use-notes.ts';

/** The storage of a backend that records its volumes in files beside their data. */
export interface RecordedStorage extends RemovalParts {
  readonly files: FilesBelow;
  readonly log: Log;
  /** The registry's directory, for messages. */
  readonly registryPath: string;
  readonly root: StorageRoot;
  /** Present if other hosts have the registry too. */
  readonly changedNames: ChangedNames;
  readonly useNotes: UseNotes;
  /** IDs of the volumes being created now. */
  readonly inProgress: Set<string>;
  kindOf(volume: Volume): DataKind;
  /** The volume under another name, with the place that its data has then. */
  renamed(volume: Volume, name: VolumeName): Volume;
  /** Checks volumes from outside this backend, such as a cache: options that a Create would refuse have no effect. */
  readonly admit: Admit;
  /** Wraps every method: nothing starts once its signal is aborted, and every error is explained. */
  act<T>(attempt: Attempt<T>): Promise<T>;
  readonly copyLock: CopyLock;
  /** See `Files.holding`. */
  holding<T>(directories: readonly string[], work: () => Promise<T>): Promise<T>;
  /** Deletes what interrupted creates and writes left. */
  clearLeftovers(signal: AbortSignal): Promise<void>;
}

export interface Attempt<T> {
  /** The beginning of a message, such as `Volume db could not be created`. */
  readonly doing: string;
  readonly signal: AbortSignal;
  /** `look`: changes nothing, so its caller need not wait for its end. `local`: concerns only this host's mounts. */
  readonly kind: 'look' | 'change' | 'local';
  /** Present if only the storage with this volume's data is needed. */
  readonly volume?: Volume;
  work(doing: string, signal: AbortSignal): Promise<T>;
}
