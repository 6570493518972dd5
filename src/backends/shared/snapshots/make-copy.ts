import type { VolumeName } from '../../../core/names.ts';
import { shortSize } from '../../../core/sizes.ts';
import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { type LongWork, reported, type Tell } from '../../../core/waits/progress.ts';
import type { FullCopy } from '../../backend.ts';
import type { RecordedStorage } from '../recorded/storage.ts';
import { errnoOf, refuseAborted, withPrefix } from '../storage-errors.ts';
import type { CopiesOf, DataCopies } from './data-copies.ts';
import { copyPlaces } from './places.ts';
import { whilePresent } from './present-source.ts';

export interface CopyParts {
  readonly storage: RecordedStorage;
  readonly copiesOf: CopiesOf;
}

interface WantedCopy {
  /** The name of the volume whose call makes the copy. */
  readonly volume: string;
  /** Whose data it is. */
  readonly source: Volume;
  readonly from: string;
  /** The volume that the copy is for: its directory of copies is made. */
  readonly ownerId: string;
  /** The volume whose present data is copied; absent: a snapshot is. */
  readonly dataOf?: VolumeName;
  /** The unfinished copy's place. */
  readonly part: string;
  readonly mountpoint: string | undefined;
  readonly access: 'read-only' | 'read-write';
  readonly isLive: boolean;
}

/**
 * Makes a complete copy at `part`, which the caller then makes durable and gives its name. Cleared if it fails, and by a purge after a
 * crash.
 */
export async function makeCopy(
  { storage, copiesOf }: CopyParts,
  wanted: WantedCopy,
  doing: string,
  signal: AbortSignal,
): Promise<void> {
  const { files, layout } = storage;
  const { source, from, part, mountpoint, access, isLive } = wanted;
  const { copies, total } = await requireCopies({ storage, copiesOf }, wanted, doing, signal);
  const owner = { uid: -1, gid: -1, mode: 0o700 };
  const { directory } = copyPlaces(layout.snapshots, wanted.ownerId);
  if ((await files.facts(directory)) === undefined)
    for (const path of [layout.snapshots, directory]) await files.createDirectory(path, owner);
  refuseAborted(signal, doing);
  try {
    const dataOf = wanted.dataOf === undefined ? {} : { dataOf: wanted.dataOf };
    const work = {
      what: 'copy',
      driver: storage.driver,
      volume: wanted.volume,
      ...total,
      ...dataOf,
    } as const;
    await reported(storage.report, work, (tell) =>
      withPrefix(doing, () =>
        clearing(storage, part, signal, () =>
          whilePresent(files, from, () =>
            copies.copy({ volume: source, from, to: part, mountpoint, access, isLive }, signal, tell),
          ),
        ),
      ),
    );
  } catch (error) {
    await clearTree(storage, part, new AbortController().signal).catch(() => undefined);
    throw error;
  }
}

/** What an interrupted call for the same copy left is cleared. That is rare, so it is only looked for if it is in the way. */
async function clearing(
  storage: RecordedStorage,
  part: string,
  signal: AbortSignal,
  copy: () => Promise<void>,
): Promise<void> {
  try {
    await copy();
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    await clearTree(storage, part, signal);
    await copy();
  }
}

interface RequiredCopies {
  readonly copies: DataCopies;
  /** How much there is to copy, if that is known and takes time. */
  readonly total: Pick<LongWork, 'total'>;
}

/** Throws what `makeCopy` would refuse before its first change. */
export async function requireCopies(
  { storage, copiesOf }: CopyParts,
  wanted: Pick<WantedCopy, 'source' | 'from' | 'mountpoint'>,
  doing: string,
  signal: AbortSignal,
): Promise<RequiredCopies> {
  const copies = copiesOf(wanted.source);
  if (copies.kind === 'none') throw new VolumeError('invalid', `${doing}: ${copies.why}`);
  await storage.root.requireThere(doing);
  const manner = await copies.manner(async () => wanted.from, signal);
  if (manner.kind === 'none') throw new VolumeError('invalid', `${doing}: ${manner.why}`);
  if (manner.kind !== 'copy') return { copies, total: {} };
  await requireCopyable(storage, manner, wanted, doing);
  return { copies, total: totalOf(manner) };
}

/** In what the host tells of a copy: entries of a tree, bytes of a file. */
function totalOf({ isWhole, bytes, entries }: FullCopy): Pick<LongWork, 'total'> {
  if (!isWhole) return {};
  return { total: entries === undefined ? { bytes } : { entries } };
}

export async function clearTree(
  { files }: Pick<RecordedStorage, 'files'>,
  path: string,
  signal: AbortSignal,
  tell?: Tell,
): Promise<void> {
  if (await files.facts(path)) await files.removeTree(path, signal, tell);
}

/** Space that others use meanwhile, or holes that the copy cannot keep, end in an error of the copy itself. */
async function requireCopyable(
  { files, layout }: RecordedStorage,
  { bytes, wayOut }: FullCopy,
  { source, mountpoint }: Pick<WantedCopy, 'source' | 'mountpoint'>,
  doing: string,
): Promise<void> {
  if (mountpoint !== undefined)
    throw new VolumeError(
      'in-use',
      `${doing}: it is in use, and is copied while nobody uses it. Stop it, or ${wayOut}.`,
    );
  const { freeBytes } = await files.space(layout.own);
  if (freeBytes >= bytes) return;
  throw new VolumeError(
    'unavailable',
    `${doing}: the copy of volume ${source.name} needs ${shortSize(bytes)}, and only ${shortSize(freeBytes)} are free there. ` +
      'Free some space, then retry.',
  );
}
