import type { RemovedVolume, Volume } from '../../core/volume.ts';
import type { Files } from '../../host/host.ts';
import type { Audit } from '../backend.ts';
import type { Registry } from './registry.ts';
import { errnoOf, helped, refuseAborted } from './storage-errors.ts';
import type { Trash, TrashRecord } from './trash.ts';

/** What becomes of the data of a removed volume. */
export const removals = ['trash', 'delete', 'retain'] as const;
export type OnRemove = (typeof removals)[number];

/** Where a volume's data is as long as the volume exists. */
export type DataPlace =
  /** Ours to move; the first is where it belongs, the others are where a crash may have left it. */
  | { readonly kind: 'owned'; readonly paths: readonly [string, ...string[]] }
  /** Somebody else's: never moved and never deleted. */
  | { readonly kind: 'adopted'; readonly path: string };

export interface RemovalParts {
  readonly driver: string;
  readonly files: Pick<Files, 'facts' | 'rename' | 'removeTree'>;
  readonly registry: Registry;
  readonly trash: Trash;
  placeOf(volume: Volume): DataPlace;
  readonly audit: Audit;
  now(): number;
  readonly onRemove: OnRemove;
  /** Milliseconds. */
  readonly retention: number;
}

/**
 * Removes a recorded volume. The name stays reserved by its record until everything is in place, so nobody can create it
 * anew meanwhile: the trash's record is written, the data moved, and the volume's record removed last. Stopped anywhere
 * and repeated, it comes to the same end; not repeated, the next stage brings the data back (`bringBack`).
 */
export async function removeVolume(parts: RemovalParts, volume: Volume, signal: AbortSignal): Promise<void> {
  const recorded = await parts.registry.lookup(volume.name);
  if (recorded?.id === volume.id) await forget(parts, volume);
  const record = await parts.trash.find(volume);
  if (record !== undefined && record.purgeAfter === record.removedAt) await erase(parts, record, signal);
}

async function forget(parts: RemovalParts, volume: Volume): Promise<void> {
  const record = recordOf(parts, volume);
  await bringBack(parts, volume);
  const data = await liveData(parts, volume);
  if (data !== undefined) {
    auditRemoval(parts, record, data);
    await parts.trash.put(record);
    if (record.kept === 'trash') await moveAway(parts, data, parts.trash.place(volume));
  }
  await parts.registry.remove(volume.name);
}

/** What was there a moment ago and is not any more was moved there by another host, which removes the same volume. */
async function moveAway({ files }: RemovalParts, data: string, to: string): Promise<void> {
  await files.rename(data, to).catch((error) => {
    if (errnoOf(error) !== 'ENOENT') throw error;
  });
}

function recordOf(parts: RemovalParts, volume: Volume): TrashRecord {
  const now = parts.now();
  const removedAt = new Date(now).toISOString();
  const adopted = parts.placeOf(volume).kind === 'adopted';
  if (parts.onRemove === 'retain') return { volume, removedAt, kept: adopted ? 'adopted' : 'in-place' };
  const stay = parts.onRemove === 'delete' && !adopted ? 0 : parts.retention;
  const purgeAfter = new Date(now + stay).toISOString();
  return { volume, removedAt, purgeAfter, kept: adopted ? 'adopted' : 'trash' };
}

function auditRemoval(parts: RemovalParts, record: TrashRecord, data: string): void {
  const { driver, audit, onRemove, trash } = parts;
  const volume = record.volume.name;
  const removed = `volume ${record.volume.id} was removed by request`;
  if (record.kept !== 'trash') {
    audit({ act: 'retain', driver, volume, evidence: `${removed}; its data stays at ${data}` });
  } else if (onRemove === 'trash') {
    const until = `undeletable until ${record.purgeAfter}`;
    audit({
      act: 'trash',
      driver,
      volume,
      evidence: `${removed}; ${data} goes to ${trash.place(record.volume)}, ${until}`,
    });
  }
}

/**
 * For a recorded volume whose removal was not finished: its data comes back from the trash. The record decides, because
 * it goes last. Done for every other volume, too: nothing to do.
 */
export async function bringBack(
  parts: Pick<RemovalParts, 'files' | 'trash' | 'placeOf'>,
  volume: Volume,
): Promise<void> {
  const place = parts.placeOf(volume);
  if (place.kind === 'adopted' || (await liveData(parts, volume)) !== undefined) return;
  const trashed = parts.trash.place(volume);
  if (await parts.files.facts(trashed)) await parts.files.rename(trashed, place.paths[0]);
}

/** Where the data of a volume is now, outside the trash; undefined when it is in none of its places. */
export async function liveData(
  parts: Pick<RemovalParts, 'files' | 'placeOf'>,
  volume: Volume,
): Promise<string | undefined> {
  const place = parts.placeOf(volume);
  for (const path of place.kind === 'adopted' ? [place.path] : place.paths) {
    if (await parts.files.facts(path)) return path;
  }
  return undefined;
}

/** Deletes what is in the trash for good. From its first step on, the data is beyond undelete. */
export async function erase(
  parts: RemovalParts,
  record: TrashRecord,
  signal: AbortSignal,
): Promise<RemovedVolume | undefined> {
  const { files, trash } = parts;
  const doing = `The data of volume ${record.volume.name} could not be deleted`;
  const purging = trash.purgingPlace(record.volume);
  const trashed = trash.place(record.volume);
  const found = (await files.facts(trashed)) !== undefined || (await files.facts(purging)) !== undefined;
  if (record.kept === 'trash' && found) {
    auditErasure(parts, record, trashed);
    await removeIfThere(files, doing, purging, signal);
    await moveIfThere(files, trashed, purging);
    await removeIfThere(files, doing, purging, signal);
  }
  await trash.drop(record);
  return record.kept === 'trash' && found ? record : undefined;
}

/** An undelete, or another host's purge, moves the data at the same time: one of the two finds it gone. */
async function moveIfThere(files: RemovalParts['files'], from: string, to: string): Promise<void> {
  if ((await files.facts(from)) === undefined) return;
  await files.rename(from, to).catch((error) => {
    if (errnoOf(error) !== 'ENOENT') throw error;
  });
}

function auditErasure(parts: RemovalParts, record: TrashRecord, data: string): void {
  const { driver, audit } = parts;
  const { volume, removedAt, purgeAfter } = record;
  const act = purgeAfter === removedAt ? 'delete' : 'purge';
  const evidence = `volume ${volume.id} was removed at ${removedAt}, its data kept until ${purgeAfter}, and no record claims it: ${data}`;
  audit({ act, driver, volume: volume.name, evidence });
}

async function removeIfThere(
  files: RemovalParts['files'],
  doing: string,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  refuseAborted(signal, doing);
  if (await files.facts(path)) await helped(doing, () => files.removeTree(path, signal));
}
