/** The driver's deadlines and intervals, in milliseconds. */
export interface Timings {
  /** For Create and Mount: Docker's client waits 120 s. */
  readonly longDeadline: number;
  /** For the other calls: Docker's client waits 60 s. */
  readonly callDeadline: number;
  /** For work that continues after its caller gave up: no backend call takes longer. */
  readonly workDeadline: number;
  /** For copying the data of a volume, which continues after its caller gave up. */
  readonly copyDeadline: number;
  /** For a look at the storage that another answer can replace: another member's, or this host's memory. */
  readonly lookupDeadline: number;
  /** From the beginning of a server's trouble: it may be over soon, so an unknown name is asked for again and again. */
  readonly passing: number;
  /** For the question whether an absent volume was removed. */
  readonly trashDeadline: number;
  /** After this time without use a holder is dropped. */
  readonly grace: number;
  /** A younger holder may belong to a container that is being started: Remove is refused. */
  readonly startup: number;
  /** How long an unheld volume stays staged for a caller that gave up and will ask again (Podman waits 5 s). */
  readonly linger: number;
  /** Maximum age of a look at other mount namespaces when a bind is unmounted. */
  readonly lookAge: number;
  /** From the start to the first list of the storage, if the cache can answer meanwhile. */
  readonly firstRefresh: number;
  /** Between two lists of the storage. */
  readonly refresh: number;
  /** Between two looks for changes by other hosts; six times as long after a failed look. */
  readonly watch: number;
  /** Between two measurements of a volume that is mounted here; longer if a measurement takes long. */
  readonly usage: number;
  /** The same for a volume that is not mounted here. */
  readonly idleUsage: number;
  /** Between two rounds of the reaper while something waits to be taken down. */
  readonly retry: number;
}

export const usualTimings: Timings = {
  longDeadline: 110_000,
  callDeadline: 50_000,
  workDeadline: 600_000,
  copyDeadline: 86_400_000,
  lookupDeadline: 500,
  passing: 20_000,
  trashDeadline: 2_000,
  grace: 600_000,
  startup: 10_000,
  linger: 30_000,
  lookAge: 1_000,
  firstRefresh: 1_000,
  refresh: 300_000,
  watch: 5_000,
  usage: 60_000,
  idleUsage: 21_600_000,
  retry: 3_000,
};
