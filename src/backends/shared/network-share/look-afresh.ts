import type { RemoteFiles } from '../../../host/host.ts';

/**
 * Throws the system's error for a dead mount. statfs(2) asks the client each time; stat(2) may answer from the kernel's cache, for a
 * second after a FUSE client has ended, and for a minute on NFS.
 */
export async function lookAfresh(
  files: Pick<RemoteFiles, 'space' | 'facts'>,
  mountpoint: string,
): Promise<void> {
  await files.space(mountpoint);
  await files.facts(mountpoint);
}
