import type { Owner } from './files.ts';

/**
 * Subvolumes of btrfs: directories that are copied in a moment, blocks shared. They are below a root, and reached as by `Files.below`.
 * `Files.removeTree` removes them, with those that are in them.
 */
export interface Subvolumes {
  /** Whether they can be made in this directory. */
  areKnown(directory: string): Promise<boolean>;
  /** Whether there is one at this path. */
  isOne(path: string): Promise<boolean>;
  /** Creates one, as `Files.createDirectory` does a directory with names that are not synced; false if the path exists. */
  create(path: string, owner: Owner): Promise<boolean>;
  /**
   * Copies a subvolume, with everything that was written before, also while it is written. Durable. A subvolume in it is an empty
   * directory in the copy. Throws EEXIST.
   */
  snapshot(from: string, to: string, access: 'read-only' | 'read-write'): Promise<void>;
  /** Paths, in this directory, of the subvolumes in it; not of those in these. */
  within(directory: string): Promise<readonly string[]>;
}
