import { dirname } from 'node:path';
import type { RemoteFiles } from '../../../host/host.ts';

/**
 * The same files; what is said not to be there is asked of the server once more, because a client remembers for up to a
 * minute what another host has made since (nfs(5), "Directory entry caching").
 */
export function freshFiles(files: RemoteFiles): RemoteFiles {
  /** From above: a directory that is said not to be there cannot be refreshed. */
  async function refreshTo(directory: string): Promise<void> {
    const above = dirname(directory);
    if (above !== directory && (await files.facts(directory)) === undefined) await refreshTo(above);
    await files.refresh(directory);
  }

  async function twice<T>(path: string, look: () => Promise<T | undefined>): Promise<T | undefined> {
    const found = await look();
    if (found !== undefined) return found;
    await refreshTo(dirname(path));
    return look();
  }
  return {
    ...files,
    readText: (path) => twice(path, () => files.readText(path)),
    readLatest: (path) => twice(path, () => files.readLatest(path)),
    facts: (path) => twice(path, () => files.facts(path)),
  };
}
