/** A volume of another driver. */
export interface Found {
  /** As written there: the daemon checks it. */
  readonly name: string;
  /** The backend that has such volumes here. */
  readonly backend: 'ebs' | 'glusterfs' | 'local' | 'nfs';
  /** Those of a Create that adopts it. They may hold secrets, so they are not printed. */
  readonly options: Readonly<Record<string, string>>;
  /** Where its data is on this host, if it can be moved from there. */
  readonly data?: DataFolder;
}

export interface DataFolder {
  readonly path: string;
  /** Where the original is kept after a copy: on the same file system, and where the other driver deletes nothing. */
  readonly aside: string;
  /** Why it cannot stay there. Absent: it can. */
  readonly mustMove?: string;
}

/** A volume of which it cannot be said how to adopt it. */
export interface Obstacle {
  readonly name: string;
  /** A sentence with the way out. */
  readonly obstacle: string;
}

/** Looks for volumes in the folder where another driver keeps its records. */
export type Source = (folder: string) => Promise<readonly (Found | Obstacle)[]>;
