import type { RemovedVolume, Volume } from '../../../core/volume.ts';
import { type Report, reported, type Tell } from '../../../core/waits/progress.ts';
import type { Files, Names } from '../../../host/host.ts';
import type { Audit } from '../../backend.ts';
import type { Holds } from '../hold.ts';
import { isDueAtOnce, type OnRemove } from '../removal-decisions.ts';
import { placeNext } from '../snapshots/next-data.ts';
import { copyPlaces } from '../snapshots/places.ts';
import { errnoOf, refuseAborted, withPrefix } from '../storage-errors.ts';
import type { OwnLayout } from './own-layout.ts';
import type { Registry } from './registry.ts';
import type { Trash, TrashRecord } from './trash.ts';

/** The place of a volume's data while the volume exists. */
export type DataPlace =
  /** Holdfast may move it. The first path is where it belongs, the others are where a crash may have left it. */
  | { readonly kind: 'owned'; readonly paths: readonly [string, ...string[]] }
  /** Somebody else's: never moved and never deleted. `files` reach it. */
  | { readonly kind: 'adopted'; readonly path: string; readonly files: Pick<Files, 'facts'> };

export interface RemovalParts {
  readonly driver: string;
  readonly files: Pick<Files, 'facts' | 'makeDirectory' | 'rename' | 'removeTree' | 'sync'>;
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
 * decides, because it is removed last. Does nothing for other volumes.
 */
export async function bringBack(
  parts: Pick<RemovalParts, 'files' | 'layout' | 'trash' | 'placeOf'>,
  volume: Volume,
): Promise<void> {
  const place = parts.placeOf(volume);
  if (place.kind === 'adopted' || (await liveData(parts, volume)) !== undefined) return;
  const trashed = parts.trash.place(volume);
  if (await parts.files.facts(trashed)) await parts.files.rename(trashed, place.paths[0]);
  else await placeNext(parts, volume, place.paths[0]);
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
  const doing = doingOf(record.volume);
  const purging = trash.purgingPlace(record.volume);
  const trashed = trash.place(record.volume);
  const found = (await files.facts(trashed)) !== undefined || (await files.facts(purging)) !== undefined;
  if (record.kept === 'trash' && found) {
    auditErasure(parts, record, trashed);
    await removeIfThere(files, doing, purging, signal);
    await moveIfThere(files, trashed, purging);
    await reportedRemoval(parts, record, (tell) => removeIfThere(files, doing, purging, signal, tell));
  }
  // Under another name, the volume is still there: its name was being changed.
  if (found || (await trash.otherNames(record.volume, 'all')).length === 0)
    await dropCopies(parts, record.volume, signal);
  await trash.drop(record);
  return record.kept === 'trash' && found ? record : undefined;
}

/** The snapshots of a volume are deleted with its data. */
export async function dropCopies(
  { files, layout }: Pick<RemovalParts, 'files' | 'layout'>,
  volume: Volume,
  signal: AbortSignal,
): Promise<void> {
  const { directory } = copyPlaces(layout.snapshots, volume.id);
  await removeIfThere(
    files,
    `The snapshots of volume ${volume.name} could not be deleted`,
    directory,
    signal,
  );
}

/** An undelete, or another host's purge, may move the data at the same time: one of the two finds it gone. */
async function moveIfThere(files: RemovalParts['files'], from: string, to: string): Promise<void> {
  if ((await files.facts(from)) === undefined) return;
  await files.rename(from, to).catch((error) => {
    if (errnoOf(error) !== 'ENOENT') throw error;
  });
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
