import { dirname } from 'node:path';
import type { DriverContext } from '../context.ts';
import { asideRoot } from '../places/staged.ts';
import type { Intent } from '../state/intents.ts';

type Parts = Pick<DriverContext, 'host' | 'mountRoot'>;

/** Where data is mounted apart from its mountpoint: `data` in a separate directory below the mount root. */
export function asidePlace({ mountRoot }: Omit<Parts, 'host'>, id: string): string {
  return `${asideRoot(mountRoot)}/${id}/data`;
}

export async function makePlace({ host }: Parts, path: string): Promise<void> {
  await host.files.makePrivateDirectory(dirname(path));
  if ((await host.mounts.at(path)).kind === 'missing') await host.files.makeMountpoint(path);
}

/** Unmounts and removes the place, in any state, with the files that a reader keeps in it. Throws EBUSY while somebody works in it. */
export async function clearPlace({ host }: Parts, { path }: Pick<Intent, 'path'>): Promise<void> {
  // A snapshot is first mounted beside it.
  const beside = `${dirname(path)}/.staging-data`;
  for (const place of [path, beside]) {
    while ((await host.mounts.at(place)).kind === 'mounted') await host.mounts.unmount(place);
    await host.files.removeDirectory(place);
  }
  const directory = dirname(path);
  for (const left of (await host.files.list(directory)) ?? [])
    await host.files.removeFile(`${directory}/${left}`);
  await host.files.removeDirectory(directory);
}
