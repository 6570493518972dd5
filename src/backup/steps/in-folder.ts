import type { BackupParts } from '../parts.ts';

/** Calls work with a private directory that is deleted afterwards, also after a failure; one of an earlier process by `clearFolders`. */
export async function inFolder<T>(
  { files, folder, log }: Pick<BackupParts, 'files' | 'folder' | 'log'>,
  name: 'work' | 'scratch' | `${'work' | 'scratch'}/${string}`,
  work: (path: string) => Promise<T>,
): Promise<T> {
  const path = `${folder}/${name}`;
  await files.makePrivateDirectory(path);
  try {
    return await work(path);
  } finally {
    await remove(files, path).catch((error) => log.write('warn', 'backup-leftovers', { path, error }));
  }
}

/** Without a program if it is empty, as after most backups. */
async function remove(files: BackupParts['files'], path: string): Promise<void> {
  await files.removeIfEmpty(path);
  if ((await files.facts(path)) !== undefined) await files.removeTree(path, new AbortController().signal);
}

/** Deletes what an earlier process left. To be called before any work begins. */
export async function clearFolders({
  files,
  folder,
  log,
}: Pick<BackupParts, 'files' | 'folder' | 'log'>): Promise<void> {
  for (const path of [`${folder}/work`, `${folder}/scratch`, `${folder}/restic/tmp`])
    if ((await files.facts(path)) !== undefined)
      await files
        .removeTree(path, new AbortController().signal)
        .catch((error) => log.write('warn', 'backup-leftovers', { path, error }));
}
