import type { Audit } from '../../../core/audit.ts';
import type { RemovedVolume, Volume } from '../../../core/volume.ts';
import { type Report, reported, type Tell } from '../../../core/waits/progress.ts';
import type { Files, Names } from '../../../host/host.ts';
import type { Holds } from '../hold.ts';
import { isDueAtOnce, type OnRemove } from '../removal-decisions.ts';
import { placeNext } from '../snapshots/next-data.ts';
import { copyPlaces, dataNames } from '../snapshots/places.ts';
import { errnoOf, refuseAborted, withPrefix } from '../storage-errors.ts';
import type { OwnLayout } from './own-layout.ts';
import type { Registry } from './registry.ts';
import type { Trash } from './trash.ts';
import type { TrashRecord } from './trash-record.ts';

/** The place of a volume's data while the volume exists. */
export type DataPlace =
  /** Holdfast may move it. The first path is where it belongs, the others are where a crash may have left it. */
  | { readonly kind: 'owned'; readonly paths: readonly [string, ...string[]] }
  /** Somebody else's: never moved and never deleted. `files` reach it. */
  | { readonly kind: 'adopted'; readonly path: string; readonly files: Pick<Files, 'facts'> };

export interface RemovalParts {
  readonly driver: string;
  readonly files: Pick<Files, 'facts' | 'list' | 'makeDirectory' | 'rename' | 'removeTree' | 'sync'>;
  readonly layout: OwnLayout;
  readonly registry: Registry;
  readonly trash: Trash;
  placeOf(volume: Volume): DataPlace;
  readonly audit: Audit;
  readonly report: Report;
  now(): number;
  readonly onRemove: OnRemove;
  /** Milliseconds. */
  readonly retention: number;
  readonly holds: Holds;
}

/** If the data has vanished since the look, another host that removes the same volume moved it there. */
export async function moveAway(
  { files }: Pick<RemovalParts, 'files'>,
  data: string,
  to: string,
  names?: Names,
): Promise<void> {
  await files.rename(data, to, names).catch((error) => {
    if (errnoOf(error) !== 'ENOENT') throw error;
  });
}

/**
 * Brings the data of a recorded volume back from the trash if its removal was not finished, and finishes a clone or rollback. The record
 * decides, because it is removed last: also afterwards, because another host may be removing the volume now. Does nothing for other
 * volumes.
 */
export async function bringBack(
  parts: Pick<RemovalParts, 'files' | 'layout' | 'trash' | 'placeOf' | 'registry'>,
  volume: Volume,
): Promise<void> {
  const { files, trash, placeOf } = parts;
  const place = placeOf(volume);
  if (place.kind === 'adopted' || (await liveData(parts, volume)) !== undefined) return;
  if (!(await isRecorded(parts, volume))) return;
  const trashed = trash.place(volume);
  if ((await files.facts(trashed)) === undefined) return placeNext(parts, volume, place.paths[0]);
  await files.rename(trashed, place.paths[0]);
  if (!(await isRecorded(parts, volume))) await moveAway(parts, place.paths[0], trashed);
}

/** Throws if the record of that name cannot be read: it may be its own. */
async function isRecorded(
  { registry }: Pick<RemovalParts, 'registry'>,
  { name, id }: Volume,
): Promise<boolean> {
  return (await registry.lookup(name))?.id === id;
}

/** The present path of a volume's data outside the trash; undefined if it is in none of its places. */
export async function liveData(
  parts: Pick<RemovalParts, 'files' | 'placeOf'>,
  volume: Volume,
): Promise<string | undefined> {
  const place = parts.placeOf(volume);
  if (place.kind === 'adopted') return (await place.files.facts(place.path)) && place.path;
  for (const path of place.paths) if (await parts.files.facts(path)) return path;
  return undefined;
}

/** Permanently deletes data in the trash. After its first step the data cannot be brought back. */
export async function erase(
  parts: RemovalParts,
  record: TrashRecord,
  signal: AbortSignal,
): Promise<RemovedVolume | undefined> {
  const { files, trash } = parts;
  const { volume } = record;
  const doing = doingOf(volume);
  const [trashed, purging] = [trash.place(volume), trash.purgingPlace(volume)];
  const isBegun = (await files.facts(purging)) !== undefined;
  const isErased = record.kept === 'trash' && (isBegun || (await files.facts(trashed)) !== undefined);
  if (isErased) {
    auditErasure(parts, record, trashed);
    await removeIfThere(files, doing, purging, signal);
    const isMoved = await moveIfThere(files, trashed, purging);
    // Brought back since the look, perhaps under another name: its snapshots are, too.
    if (!isMoved && !isBegun) return undefined;
    await reportedRemoval(parts, record, (tell) => removeIfThere(files, doing, purging, signal, tell));
  }
  if (isErased || (await isForgotten(parts, volume, signal))) await dropCopies(parts, volume, signal);
  await trash.drop(record);
  return isErased ? record : undefined;
}

/** Whether no record has its ID any more, under any name. One that cannot be read may be its own. */
async function isForgotten(
  { registry, trash }: RemovalParts,
  volume: Volume,
  signal: AbortSignal,
): Promise<boolean> {
  if ((await trash.otherNames(volume, 'all')).length > 0) return false;
  const listing = await registry.list(signal);
  if (listing === undefined || listing.unreadable.length > 0) return false;
  return listing.volumes.every(({ id }) => id !== volume.id);
}

/** The snapshots of a volume are deleted with its data; none of them is one any more when the first file goes (`whilePresent`). */
export async function dropCopies(
  parts: Pick<RemovalParts, 'files' | 'layout'>,
  volume: Volume,
  signal: AbortSignal,
): Promise<void> {
  const { files, layout } = parts;
  const places = copyPlaces(layout.snapshots, volume.id);
  const doing = `The snapshots of volume ${volume.name} could not be deleted`;
  refuseAborted(signal, doing);
  for (const name of dataNames((await files.list(places.directory)) ?? []))
    await moveAway(parts, places.data(name), places.dropped(name), 'unsynced');
  await removeIfThere(files, doing, places.directory, signal);
}

/** An undelete, or another host's purge, may move the data at the same time: one of the two finds it gone. Resolves with true for this one. */
async function moveIfThere(files: RemovalParts['files'], from: string, to: string): Promise<boolean> {
  if ((await files.facts(from)) === undefined) return false;
  return files.rename(from, to).then(
    () => true,
    (error) => {
      if (errnoOf(error) !== 'ENOENT') throw error;
      return false;
    },
  );
}

/** A volume that is deleted at its removal, or that was removed earlier. */
export function reportedRemoval(
  { report, driver }: Pick<RemovalParts, 'report' | 'driver'>,
  record: TrashRecord,
  act: (tell: Tell) => Promise<void>,
): Promise<void> {
  const volume = record.volume.name;
  const work = isDueAtOnce(record)
    ? ({ what: 'delete', driver, volume, dataOf: volume } as const)
    : ({ what: 'purge', driver, volume } as const);
  return reported(report, work, act);
}

export function doingOf(volume: Volume): string {
  return `The data of volume ${volume.name} could not be deleted`;
}

export function auditErasure(
  { driver, audit }: Pick<RemovalParts, 'driver' | 'audit'>,
  record: TrashRecord,
  data: string,
): void {
  const { volume, removedAt, purgeAfter } = record;
  const act = isDueAtOnce(record) ? 'delete' : 'purge';
  const until = purgeAfter === undefined ? 'for the whole trashRetention' : `until ${purgeAfter}`;
  const evidence = `volume ${volume.id} was removed at ${removedAt}, its data kept ${until}, and no record claims it: ${data}`;
  audit({ act, driver, volume: volume.name, evidence });
}

export async function removeIfThere(
  files: RemovalParts['files'],
  doing: string,
  path: string,
  signal: AbortSignal,
  tell?: Tell,
): Promise<void> {
  refuseAborted(signal, doing);
  if (await files.facts(path)) await withPrefix(doing, () => files.removeTree(path, signal, tell));
}
