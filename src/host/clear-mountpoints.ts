import type { Host } from './host.ts';

type ClearingHost = Pick<Host, 'files' | 'mounts'>;

/** `<mountRoot>/.shares/<driver>/<share>` is the longest. */
const deepest = 3;

/**
 * Removes the mountpoints below the mount root, which are immutable, and directories that held nothing else. Mounts and
 * files of others stay.
 */
export async function clearMountpoints(host: ClearingHost, mountRoot: string): Promise<void> {
  if ((await host.mounts.at(mountRoot)).kind === 'mounted') await host.mounts.releaseMountRoot(mountRoot);
  await clear(host, mountRoot, 0);
}

/** Resolves with whether the directory was removed. */
async function clear({ files, mounts }: ClearingHost, path: string, depth: number): Promise<boolean> {
  // Never enter a mount or follow a symlink.
  if ((await mounts.at(path)).kind !== 'bare') return false;
  const facts = await files.facts(path);
  if (facts?.kind !== 'directory') return false;
  const names = (await files.list(path)) ?? [];
  const isMountpoint = facts.mode === 0;
  if (names.length === 0 && !isMountpoint) return false;
  if (depth === deepest && names.length > 0) return false;
  const gone: boolean[] = [];
  for (const name of names) gone.push(await clear({ files, mounts }, `${path}/${name}`, depth + 1));
  if (gone.includes(false)) return false;
  await files.removeDirectory(path);
  return true;
}
