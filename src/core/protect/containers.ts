import { asVolumeError, VolumeError } from '../volume-error.ts';

/** What is done in the containers that use a volume, around a copy of its data. */
export interface Around {
  /** They are paused meanwhile. */
  readonly pause?: boolean | undefined;
  /** A command for `sh -c` in a container, before the pause. If it fails, no copy is made. */
  readonly execBefore?: string | undefined;
  /** The same after it, also if the copy failed. */
  readonly execAfter?: string | undefined;
  /** The container of the two commands; absent: the only one that runs and uses the volume. */
  readonly execIn?: string | undefined;
  /** The labels of offen/docker-volume-backup with this value are followed. */
  readonly containerLabel?: string | undefined;
}

/** Containers that are ready for a copy. */
export interface Prepared {
  /** The full IDs of those that are paused. */
  readonly paused: ReadonlySet<string>;
  /**
   * Unpauses them, then runs the commands for afterwards. Repeated: done once. Rejects with `failed` if that did not succeed; a container
   * that is still paused is tried again in the background.
   */
  release(): Promise<void>;
}

/** The volume whose users are meant, and the driver names by which an engine may know it. */
export interface UsedVolume {
  readonly volume: string;
  readonly drivers: readonly string[];
}

export interface Containers {
  /** Throws `unavailable` if an engine does not say which containers use the volume, and `failed` if a command fails. */
  prepare(used: UsedVolume, around: Around): Promise<Prepared>;
  /** What would be paused and run, one sentence each. Changes nothing. */
  foresee(used: UsedVolume, around: Around): Promise<ForeseenContainers>;
}

export interface ForeseenContainers extends Pick<Prepared, 'paused'> {
  readonly steps: readonly string[];
}

/** The driver names by which an engine may know a volume: its driver's own, and those of its joint drivers. */
export function driverNames(
  owner: string,
  drivers: Iterable<{ readonly name: string; readonly members: readonly string[] }>,
): readonly string[] {
  return [owner, ...[...drivers].flatMap(({ name, members }) => (members.includes(owner) ? [name] : []))];
}

export const nothingPrepared: Prepared = { paused: new Set(), release: async () => undefined };

/** Whether anything is to be done. */
export function isAnything({ pause, execBefore, execAfter, containerLabel }: Around): boolean {
  return pause === true || [execBefore, execAfter, containerLabel].some((text) => text !== undefined);
}

/** Those of the first, where it says something, else of the second. */
export function mergedAround(first: Around, second: Around): Around {
  return {
    pause: first.pause ?? second.pause,
    execBefore: first.execBefore ?? second.execBefore,
    execAfter: first.execAfter ?? second.execAfter,
    execIn: first.execIn ?? second.execIn,
    containerLabel: first.containerLabel ?? second.containerLabel,
  };
}

/** The rule for a copy while these containers are paused. */
export function quietly<T extends 'refuse' | 'accept'>(
  others: T,
  { paused }: Pick<Prepared, 'paused'>,
): T | { readonly paused: ReadonlySet<string>; readonly others: T } {
  return paused.size === 0 ? others : { paused, others };
}

/** The outcome of the work, after the release. `done`: "The copy was made", for an error of the release. */
export async function released<T>(prepared: Prepared, work: Promise<T>, done: string): Promise<T> {
  const [outcome] = await Promise.allSettled([work]);
  const [release] = await Promise.allSettled([prepared.release()]);
  if (outcome.status === 'rejected') throw outcome.reason;
  if (release.status === 'fulfilled') return outcome.value;
  const error = asVolumeError(release.reason, 'The containers could not be released');
  throw new VolumeError(error.code, `${done}, but afterwards: ${error.message}`, { cause: error });
}
