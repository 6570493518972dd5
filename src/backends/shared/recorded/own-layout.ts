import { join } from 'node:path';

/** Holdfast's own directory at the root of a storage; the same in every backend that keeps records in files. */
export interface OwnLayout {
  readonly root: string;
  readonly own: string;
  readonly registry: string;
  readonly trash: string;
  /** Snapshots and unfinished copies, in one directory per volume. */
  readonly snapshots: string;
  /** Notes of when volumes were last used. */
  readonly uses: string;
}

/** Its name; volume names never begin with a dot. */
export const ownDirectory = '.holdfast';

export function createOwnLayout(root: string): OwnLayout {
  const own = join(root, ownDirectory);
  return {
    root,
    own,
    registry: join(own, 'registry'),
    trash: join(own, 'trash'),
    snapshots: join(own, 'snapshots'),
    uses: join(own, 'uses'),
  };
}
