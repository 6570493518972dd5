/** How long the driver waits, in milliseconds. */
export interface Timings {
  /** For Create and Mount: Docker's client waits 120 s. */
  readonly longDeadline: number;
  /** For the other calls: Docker's client waits 60 s. */
  readonly callDeadline: number;
  /** For work that goes on after its caller: no backend call takes longer. */
  readonly workDeadline: number;
  /** For a Get of a name that is not in the catalog: an unknown volume is answered soon, with the storage down as well. */
  readonly lookupDeadline: number;
  /**
   * The same while nothing is known of the storage, neither by a list nor from a cache: an engine that is told of no volume
   * may make one of that name on its own disk.
   */
  readonly coldLookupDeadline: number;
  /** After this time without use a holder is dropped. */
  readonly grace: number;
  /** A holder this young may belong to a container that is just being started: a Remove is refused. */
  readonly startup: number;
  /** How long an unheld volume stays staged for a caller that gave up and will ask again (Podman waits 5 s). */
  readonly linger: number;
  /** How old a look at the other mount namespaces may be before a bind is taken down. */
  readonly lookAge: number;
  /** From the start to the first list of the storage, when the cache can answer meanwhile. */
  readonly firstRefresh: number;
  /** Between two lists of the storage. */
  readonly refresh: number;
  /** Between two rounds of the reaper while something waits to be taken down; otherwise it takes its time. */
  readonly retry: number;
}

export const usualTimings: Timings = {
  longDeadline: 110_000,
  callDeadline: 50_000,
  workDeadline: 600_000,
  lookupDeadline: 500,
  coldLookupDeadline: 5_000,
  grace: 600_000,
  startup: 10_000,
  linger: 30_000,
  lookAge: 1_000,
  firstRefresh: 1_000,
  refresh: 300_000,
  retry: 3_000,
};
