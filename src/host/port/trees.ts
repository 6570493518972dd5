/** Describes trees of files, and finds what differs. The work is done by a process of its own, which is killed if the signal aborts. */
export interface Trees {
  /** Starts the process of the next call, which then need not wait for that. To be ended, whether it was needed or not. */
  ready(): () => void;
  /**
   * Writes the manifest of all that is below `root`: kind, mode, owner, size, time, attributes, links and the checksum of every file.
   * `earlier`: a manifest of the same tree, whose checksums are taken over for files that have not changed since. `pace`: how far it may
   * read, where it does not follow by itself.
   */
  describe(
    root: string,
    manifest: string,
    earlier: string | undefined,
    signal: AbortSignal,
    pace?: Pace,
  ): Promise<TreeTotals>;
  /**
   * Marks in the manifest what has changed in the tree since it was described. `unread`: paths that who copied it could not read, their
   * bytes as Latin-1; what is below them is marked too.
   */
  settle(root: string, manifest: string, unread: readonly string[], signal: AbortSignal): Promise<Settled>;
  /** Gives the tree what a restore leaves out, as the manifest has it: sockets, hard links of what is not a file, attributes, times and holes. */
  mend(root: string, manifest: string, signal: AbortSignal): Promise<void>;
  /** Compares the tree with its manifest, checksums included. `only`: the paths that are there, for a part of a tree. */
  compare(
    root: string,
    manifest: string,
    only: readonly string[] | undefined,
    signal: AbortSignal,
  ): Promise<TreeComparison>;
  /** Paths of files, taken at random from the manifest, that have about this share of all bytes. */
  sample(manifest: string, share: number, signal: AbortSignal): Promise<readonly string[]>;
}

/** How far a tree may be read, where another reader follows: what comes from the disk once is still in memory for the other one. */
export interface Pace {
  /** Bytes of files, from the beginning. It only grows. */
  limit(): number;
  /** Calls `told` whenever it has grown. */
  onGrowth(told: () => void): void;
}

export interface Settled {
  /** How many entries have changed. */
  readonly changed: number;
  /** How many have not, and could not be read nevertheless. */
  readonly unread: number;
}

export interface TreeTotals {
  readonly entries: number;
  /** The sizes of all files. */
  readonly bytes: number;
}

export interface TreeComparison extends TreeTotals {
  /** How many entries differ. */
  readonly differing: number;
  /** The first of them, for users: `data/file: its checksum differs`. */
  readonly differences: readonly string[];
}
