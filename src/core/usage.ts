/** How full something is. Unknown figures are absent, never 0. */
export interface Fill {
  /** On disk, so holes in files do not count. */
  readonly usedBytes?: number;
  /** The total that users other than root can use, including `usedBytes`, as in df(1). */
  readonly sizeBytes?: number;
  readonly usedInodes?: number;
  /** Absent if the file system has no fixed number of inodes. */
  readonly inodes?: number;
}

/** A file system that volumes share: that of a network share, or the one that a local volume's directory is on. */
export interface Room extends Fill {
  readonly of: 'share' | 'root';
  /** Its source or its path, for users. */
  readonly place: string;
}

/** What a backend measured. */
export interface Measured extends Fill {
  /** What the figures are of: the volume itself, or the file system that it shares with others. */
  readonly of: 'volume' | Room['of'];
  /** The count stopped at a limit or could not look everywhere, so the real use may be higher. */
  readonly isAtLeast?: true;
  /** The file system that the volume shares with others, if it does. */
  readonly room?: Room;
}

export interface Usage extends Measured {
  /** Milliseconds since the epoch. */
  readonly measuredAt: number;
}

/** Per cent of the bytes or of the inodes, whichever is fuller; undefined if neither is known. */
export function percentUsed({ usedBytes, sizeBytes, usedInodes, inodes }: Fill): number | undefined {
  const shares = [shareOf(usedBytes, sizeBytes), shareOf(usedInodes, inodes)];
  const known = shares.filter((share) => share !== undefined);
  return known.length === 0 ? undefined : Math.round(Math.max(...known) * 100);
}

function shareOf(used: number | undefined, whole: number | undefined): number | undefined {
  return used === undefined || whole === undefined || whole <= 0 ? undefined : used / whole;
}

export const fillLevels = [80, 90, 100] as const;
export type FillLevel = 0 | (typeof fillLevels)[number];

/** Per cent that the use must fall below a level before the level can be reported again. */
const slack = 5;

/** The reported level after a new figure: it rises at once, and falls only once the use is well below it. */
export function levelAfter(before: FillLevel, percent: number): FillLevel {
  const reached = levelOf(percent);
  if (reached >= before) return reached;
  return percent < before - slack ? reached : before;
}

function levelOf(percent: number): FillLevel {
  return fillLevels.findLast((level) => percent >= level) ?? 0;
}
