import { VolumeError } from '../../../core/volume-error.ts';
import type { FilesBelow, Owner } from '../../../host/host.ts';

/** The storage's root directory. `doing` begins the messages, such as `Volume db could not be created`. */
export interface StorageRoot {
  /** Counts it as seen before: if it is missing now, it has vanished. */
  expect(): void;
  /** Throws `unavailable` if the storage of the root is missing, such as an unmounted disk. Cheap. */
  requireThere(doing: string): Promise<void>;
  /** False if nothing was ever made here. Throws `unavailable` if the storage is missing, or the root has vanished. */
  exists(doing: string, signal: AbortSignal): Promise<boolean>;
  /** Makes it, if it never existed. */
  make(doing: string, signal: AbortSignal): Promise<void>;
}

export interface RootParts {
  readonly files: Pick<FilesBelow, 'facts' | 'createDirectory'>;
  /** Made in this order. The registry is made last, so its existence implies theirs. */
  readonly directories: readonly string[];
  readonly registry: string;
  readonly owner: Owner;
  /** What to do if the registry has vanished, such as `mount the disk again`. */
  readonly wayOut: string;
  readonly requireThere: StorageRoot['requireThere'];
  /** Sets the root's owner and mode; called more than once. */
  claim(): Promise<void>;
}

/**
 * Remembers that the registry existed: a missing root must not count as an empty one, or every volume would seem to be gone.
 */
export function createStorageRoot(parts: RootParts): StorageRoot {
  const { files, registry } = parts;
  let wasSeen = false;
  const root: StorageRoot = {
    expect() {
      wasSeen = true;
    },
    requireThere: parts.requireThere,
    async exists(doing) {
      await parts.requireThere(doing);
      // Another call may make it during this look.
      const wasSeenBefore = wasSeen;
      const isThere = (await files.facts(registry)) !== undefined;
      if (isThere) await parts.claim();
      if (!isThere && wasSeenBefore) throw vanished(doing, parts);
      wasSeen ||= isThere;
      return isThere;
    },
    async make(doing, signal) {
      if (await root.exists(doing, signal)) return;
      await parts.claim();
      for (const path of [...parts.directories, registry]) await files.createDirectory(path, parts.owner);
      wasSeen = true;
    },
  };
  return root;
}

function vanished(doing: string, { registry, wayOut }: RootParts): VolumeError {
  return new VolumeError(
    'unavailable',
    `${doing}: ${registry} existed before and is missing now: ${wayOut}. ` +
      'If all its volumes are really gone, stop Holdfast, remove the `catalog.jsonl` of this driver below its `stateDir`, and start it again.',
  );
}
