import { basename, dirname, join } from 'node:path';
import type { Volume } from '../../../core/volume.ts';
import type { FilesBelow, Host } from '../../../host/host.ts';
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
  /** Mounts it at a private place that nobody else sees. */
  mount(place: string): Promise<void>;
  /** Makes sure that the mounted file system has the directory. */
  provide(place: string): Promise<void>;
}

/** Mounts it at a private place, binds its directory to the mountpoint, and unmounts the private place: one mount remains. */
export async function stageFileSystem(
  host: Pick<Host, 'files' | 'mounts'>,
  own: OwnFileSystem,
  mountpoint: string,
  signal: AbortSignal,
): Promise<void> {
  const { volume, directory, over } = own;
  const place = privatePlace(mountpoint);
  await takeDown(host, volume, place);
  if (over === 'dead-mount' || (await host.mounts.at(mountpoint)).kind !== 'mounted') await own.prepare();
  // Not synced, nor is its removal: a crash of the kernel leaves at most an empty directory, which the next Mount uses.
  const beside = host.files.below(dirname(place));
  await beside.createDirectory(place, { uid: 0, gid: 0, mode: 0o700 }, 'unsynced');
  refuseAborted(signal, `Volume ${volume.name} could not be mounted`);
  await own.mount(place);
  await own.provide(place);
  const data = join(place, directory);
  await bindVerified(host, { volume, source: data, data, mountpoint, over });
  await leave(host, volume, place);
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
