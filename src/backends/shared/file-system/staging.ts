import { basename, dirname, join } from 'node:path';
import type { Volume } from '../../../core/volume.ts';
import type { DetachedMount, FilesBelow, Host } from '../../../host/host.ts';
import { ownerOf } from '../options/directory-options.ts';
import { refuseAborted } from '../storage-errors.ts';
import { bindVerified, takeDown, type WantedBind } from './binding.ts';

/** A volume that is a file system of its own, in an image or on a disk. */
export interface OwnFileSystem {
  readonly volume: Volume;
  /**
   * The directory in it that containers see, so that `lost+found` is hidden and a fresh volume looks empty to Docker's copy-up;
   * without leading or trailing slash. Empty: the whole file system.
   */
  readonly directory: string;
  readonly over: WantedBind['over'];
  /** The work before it is mounted; skipped if something is already mounted at the mountpoint. */
  prepare(): Promise<void>;
  /** Mounts it nowhere. Undefined if that is not possible, or if the work after it needs a path that others see as well. */
  mountDetached(): Promise<DetachedMount | undefined>;
  /** Mounts it at a private place that nobody else sees. */
  mount(place: string): Promise<void>;
  /** Makes sure that the mounted file system has the directory. */
  provide(place: string): Promise<void>;
}

/** Mounts it where nobody sees it, binds its directory to the mountpoint, and ends the first mount: one remains. */
export async function stageFileSystem(
  host: Pick<Host, 'files' | 'mounts'>,
  own: OwnFileSystem,
  mountpoint: string,
  signal: AbortSignal,
): Promise<void> {
  const { volume, over } = own;
  const place = privatePlace(mountpoint);
  await leave(host, volume, place);
  if (over === 'dead-mount' || (await host.mounts.at(mountpoint)).kind !== 'mounted') await own.prepare();
  refuseAborted(signal, `Volume ${volume.name} could not be mounted`);
  const detached = await own.mountDetached();
  if (detached !== undefined) return showDetached(host, own, detached, mountpoint);
  // Not synced, nor is its removal: a crash of the kernel leaves at most an empty directory, which the next Mount uses.
  const beside = host.files.below(dirname(place));
  await beside.createDirectory(place, { uid: 0, gid: 0, mode: 0o700 }, 'unsynced');
  await own.mount(place);
  await own.provide(place);
  const data = join(place, own.directory);
  await bindVerified(host, { volume, source: data, data, mountpoint, over });
  await leave(host, volume, place);
}

/** The kernel ends the detached mount if the daemon dies. */
async function showDetached(
  { files, mounts }: Pick<Host, 'files' | 'mounts'>,
  { volume, directory, over, provide }: OwnFileSystem,
  { root, bind, close }: DetachedMount,
  mountpoint: string,
): Promise<void> {
  try {
    await provide(root);
    const data = join(root, directory);
    const { facts } = files.below(root);
    const host = { files: { ...files, facts }, mounts: { ...mounts, bind } };
    await bindVerified(host, { volume, source: data, data, mountpoint, over });
  } finally {
    await close();
  }
}

/** Undoes it, whether complete, partial or not started. */
export async function unstageFileSystem(
  host: Pick<Host, 'files' | 'mounts'>,
  volume: Volume,
  mountpoint: string,
): Promise<void> {
  await takeDown(host, volume, mountpoint);
  await leave(host, volume, privatePlace(mountpoint));
}

/** It gets its name only after its owner: an existing directory belongs to the user and is left as it is. */
export async function makeDataDirectory(files: FilesBelow, volume: Volume, data: string): Promise<void> {
  if (await files.facts(data)) return;
  const unfinished = `${data}.new`;
  if (!(await files.createDirectory(unfinished, ownerOf(volume))))
    await files.setOwner(unfinished, ownerOf(volume));
  await files.rename(unfinished, data);
}

async function leave(host: Pick<Host, 'files' | 'mounts'>, volume: Volume, place: string): Promise<void> {
  if ((await host.mounts.at(place)).kind === 'missing') return;
  await takeDown(host, volume, place);
  await host.files.removeIfEmpty(place);
}

/** Beside the mountpoint, under a name no volume has. */
function privatePlace(mountpoint: string): string {
  return join(dirname(mountpoint), `.staging-${basename(mountpoint)}`);
}
