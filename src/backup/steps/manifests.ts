import { dirname } from 'node:path';
import type { BackupParts } from '../parts.ts';

function manifestPlace({ folder }: BackupParts, driver: string, volume: string): string {
  return `${folder}/manifests/${driver}/${volume}`;
}

/** That of the last backup of this volume here, for its checksums. */
export async function earlierManifest(
  parts: BackupParts,
  driver: string,
  volume: string,
): Promise<string | undefined> {
  const place = manifestPlace(parts, driver, volume);
  return (await parts.files.facts(place)) === undefined ? undefined : place;
}

/** For the checksums of the next backup. Not durable: without it, the next one reads all files. */
export async function rememberManifest(
  parts: BackupParts,
  driver: string,
  volume: string,
  folder: string,
): Promise<void> {
  const place = manifestPlace(parts, driver, volume);
  await parts.files.makePrivateDirectory(dirname(place));
  await parts.files.removeFile(place);
  await parts.files.rename(`${folder}/manifest`, place, 'unsynced');
}
