import type { Proof } from '../../core/protect/backup.ts';
import { shortSize } from '../../core/sizes.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { KnownBackup } from '../decisions/tags.ts';
import type { BackupParts } from '../parts.ts';
import type { Repository } from '../restic/repository.ts';
import { inFolder } from './in-folder.ts';
import { fetchManifest } from './restore.ts';
import { dataName } from './snapshots.ts';

/**
 * Restores a backup into a scratch directory, and compares it with its manifest: all files, or a part of them (0 to 1). A restore that
 * fails proves nothing: throws. One that differs is a bad proof.
 */
export async function prove(
  parts: BackupParts,
  repository: Repository,
  backup: KnownBackup,
  share: number,
  signal: AbortSignal,
): Promise<Proof> {
  const { trees, host } = parts;
  const doing = `Backup ${backup.id} of volume ${backup.volume} could not be proven`;
  await requireRoom(parts, backup.bytes * share, doing);
  return inFolder(parts, `scratch/${host.newId()}`, (folder) =>
    inFolder(parts, `work/${host.newId()}`, async (work) => {
      // What this host keeps of the repository would be missing on another one.
      const cache = `${folder}/cache`;
      const { manifest } = await fetchManifest(parts, repository, backup, work, signal, cache);
      const only = share >= 1 ? undefined : await sampled(parts, manifest, share, signal);
      const include = only?.map((path) => `/${dataName}/${Buffer.from(path, 'latin1').toString('utf8')}`);
      const all = include ?? [`/${dataName}`];
      const wanted = { doing, snapshot: backup.data, target: folder, include: all, cache };
      await repository.restore(wanted, signal);
      const data = `${folder}/${dataName}`;
      await parts.files.makeDirectory(data);
      await trees.mend(data, manifest, signal);
      const { differing, differences } = await trees.compare(data, manifest, only, signal);
      const at = new Date(host.now()).toISOString();
      const extent = only === undefined ? 'whole' : 'part';
      if (differing === 0) return { at, outcome: 'good', extent };
      return { at, outcome: 'bad', extent, message: `${differing} files differ, such as ${differences[0]}` };
    }),
  );
}

/** Names that are not UTF-8 cannot be arguments; a whole proof has them. Undefined: the tree has no other. */
async function sampled(
  { trees }: BackupParts,
  manifest: string,
  share: number,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const paths = (await trees.sample(manifest, share, signal)).filter((path) => {
    const bytes = Buffer.from(path, 'latin1');
    return Buffer.from(bytes.toString('utf8')).equals(bytes);
  });
  return paths.length === 0 ? undefined : paths;
}

async function requireRoom({ files, folder }: BackupParts, bytes: number, doing: string): Promise<void> {
  const { freeBytes } = await files.space(folder);
  if (freeBytes >= bytes) return;
  throw new VolumeError(
    'unavailable',
    `${doing}: that needs ${shortSize(bytes)}, and only ${shortSize(freeBytes)} are free in ${folder}. Free some space, then retry.`,
  );
}
