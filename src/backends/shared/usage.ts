import type { Fill, Measured, Room } from '../../core/usage.ts';
import type { CountLimits, FilesBelow, Host, RemoteFiles, Space } from '../../host/host.ts';

/** A count of a directory stops here and becomes "at least". */
const limits: CountLimits = { entries: 2_000_000, milliseconds: 300_000 };

/** A subvolume of btrfs has a device number of its own, but shares the space. Its root always has this inode. */
const subvolumeInode = '256';

/** Milliseconds for which the process waits for the next volume of a round. */
const betweenVolumes = 5_000;

/**
 * Files for a measurement: through a separate low-priority process for each storage, so that a hanging storage blocks only that
 * process.
 */
export function filesForUsage(host: Pick<Host, 'remote'>, storage: string): RemoteFiles {
  return host.remote(`the usage of ${storage}`, { idle: betweenVolumes, priority: 'low' }).files;
}

/** Measures a volume that is a file system of its own. */
export async function measureFileSystem(
  files: Pick<RemoteFiles, 'space'>,
  mountpoint: string,
): Promise<Measured> {
  return { of: 'volume', ...fillOf(await files.space(mountpoint)) };
}

/** Measures the file system of a path. */
export async function measureRoom(
  files: Pick<RemoteFiles, 'space'>,
  path: string,
  room: Pick<Room, 'of' | 'place'>,
): Promise<Room> {
  return { ...room, ...fillOf(await files.space(path)) };
}

export interface MeasuredDirectory {
  readonly files: Pick<FilesBelow, 'facts' | 'space' | 'count'>;
  readonly path: string;
  /** A parent directory on the file system that it shares with others. */
  readonly above: string;
  readonly room: Pick<Room, 'of' | 'place'>;
}

/** Measures a volume that is a directory. It is counted, unless the file system gives its own figures, as with a project quota. */
export async function measureDirectory(
  { files, path, above, room }: MeasuredDirectory,
  signal: AbortSignal,
): Promise<Measured | undefined> {
  const [facts, factsAbove] = [await files.facts(path), await files.facts(above)];
  if (facts === undefined) return undefined;
  const own = fillOf(await files.space(path));
  const shared = await measureRoom(files, above, room);
  const isOther = facts.device !== factsAbove?.device && facts.inode !== subvolumeInode;
  if (isOther) return { of: 'volume', ...own };
  if (hasOtherSize(own, shared)) return { of: 'volume', ...limitedOnly(own, shared) };
  const counted = await files.count(path, limits, signal);
  if (counted === undefined) return undefined;
  const { usedBytes, usedInodes, isWhole } = counted;
  return {
    of: 'volume',
    usedBytes,
    usedInodes,
    ...(isWhole ? {} : { isAtLeast: true }),
    room: shared,
  };
}

/** Bytes in the trash; 0 if there is none. */
export async function measureTrash(
  files: Pick<FilesBelow, 'count'>,
  trash: string,
  signal: AbortSignal,
): Promise<number> {
  return (await files.count(trash, limits, signal))?.usedBytes ?? 0;
}

/** The limit is more than a file system such as ZFS changes its size between two looks. */
function hasOtherSize(own: Fill, shared: Fill): boolean {
  const differ = (one = 0, other = 0) => Math.abs(one - other) > 0.01 * Math.max(one, other);
  return differ(own.sizeBytes, shared.sizeBytes) || differ(own.inodes, shared.inodes);
}

/** A limit of bytes alone leaves the inodes as those of the file system, which has other volumes as well. */
function limitedOnly({ usedInodes, inodes, ...bytes }: Fill, shared: Fill): Fill {
  if (usedInodes === undefined || inodes === undefined || inodes === shared.inodes) return bytes;
  return { ...bytes, usedInodes, inodes };
}

function fillOf({ usedBytes, freeBytes, usedInodes, inodes }: Space): Fill {
  return {
    usedBytes,
    sizeBytes: usedBytes + freeBytes,
    ...(usedInodes === undefined || inodes === undefined ? {} : { usedInodes, inodes }),
  };
}
