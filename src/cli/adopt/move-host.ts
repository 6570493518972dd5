/** What a move reads and changes on this host. Paths are absolute. */
export interface MoveHost {
  readonly files: {
    facts(path: string): Promise<{ readonly kind: string } | undefined>;
    makeDirectory(path: string): Promise<void>;
    /** Within one file system, durably. Throws EEXIST instead of replacing anything. */
    rename(from: string, to: string): Promise<void>;
    /** With owners, modes, times, attributes, hard links and holes; durable. Throws EEXIST. */
    copy(from: string, to: string, signal: AbortSignal): Promise<void>;
    removeTree(path: string, signal: AbortSignal): Promise<void>;
    readText(path: string): Promise<string | undefined>;
    /** Durable: after a crash it has either the old or the new text. */
    writeText(path: string, text: string, how: 'replace'): Promise<boolean>;
    removeFile(path: string): Promise<void>;
  };
  readonly trees: {
    /** Writes down all that is in a directory, with the checksum of each file. */
    describe(root: string, manifest: string, earlier: undefined, signal: AbortSignal): Promise<unknown>;
    compare(
      root: string,
      manifest: string,
      only: undefined,
      signal: AbortSignal,
    ): Promise<{ readonly differing: number; readonly differences: readonly string[] }>;
  };
  /** Processes that have the directory, or what is in it, mounted somewhere, such as those of containers. */
  usersOf(path: string): Promise<readonly number[]>;
}
