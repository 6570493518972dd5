/** The directory that holds everything; `doing` begins the messages, such as `Volume db could not be created`. */
export interface StorageRoot {
  /** Throws `unavailable` when what holds the root is not there, such as an unmounted disk. Costs next to nothing. */
  requireThere(doing: string): Promise<void>;
  /** False when nothing was ever made here. Throws `unavailable` when the storage is not there, and for a root that vanished. */
  exists(doing: string, signal: AbortSignal): Promise<boolean>;
  /** Makes it, if it never was there. */
  make(doing: string, signal: AbortSignal): Promise<void>;
}

/** Remembers that the root was there: an absent root must not be taken for an empty one, or every volume would seem to be gone. */
export interface SeenRoot {
  /** Throws what `vanished` makes when the root was there before and is not now. */
  check(isThere: boolean, vanished: () => Error): boolean;
}

export function createSeenRoot(): SeenRoot {
  let wasSeen = false;
  return {
    check(isThere, vanished) {
      if (!isThere && wasSeen) throw vanished();
      wasSeen ||= isThere;
      return isThere;
    },
  };
}
