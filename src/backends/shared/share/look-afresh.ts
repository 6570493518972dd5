import type { RemoteFiles } from '../../../host/host.ts';

/**
 * Throws the system's error for a mount that leads nowhere. statfs(2) asks the client each time; what stat(2) says may be
 * what the kernel remembers, of a FUSE client that has ended for a second, and on NFS for a minute.
 */
export async function lookAfresh(
  files: Pick<RemoteFiles, 'freeBytes' | 'facts'>,
  mountpoint: string,
): Promise<void> {
  await files.freeBytes(mountpoint);
  await files.facts(mountpoint);
}
