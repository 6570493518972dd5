/** Lets one host at a time make and delete copies of a volume's data. */
export interface CopyLock {
  /**
   * Runs the work while no other host has the lock of any of these volumes, given by their IDs. Throws `in-use` if one has. The
   * signal that the work gets also aborts when the lock is lost. Work of this process shares the lock.
   */
  hold<T>(
    volumeIds: readonly string[],
    doing: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T>;
  /** Deletes locks of hosts that died. */
  sweep(signal: AbortSignal): Promise<void>;
}

/** For a storage that only this host has. */
export const noOtherHosts: CopyLock = {
  hold: (_ids, _doing, signal, work) => work(signal),
  sweep: async () => undefined,
};
