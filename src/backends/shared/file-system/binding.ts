import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { Files, MountEntry, MountIdentity, MountState, Mounts } from '../../../host/host.ts';
import { bindFlagsOf } from '../options/directory-options.ts';
import type { Staged } from '../recorded/data-kind.ts';
import { errnoOf, withPrefix } from '../storage-errors.ts';
import { mountedAt } from './mounted-at.ts';

/** If there are more mounts than this on one path, somebody else makes them. */
const mostStacked = 64;

/** A host, or the part of it that leads to a storage server. */
export interface BindParts {
  readonly files: Pick<Files, 'facts' | 'realPath'>;
  readonly mounts: Pick<Mounts, 'at' | 'below' | 'bind' | 'unmount'>;
}

export interface WantedBind {
  readonly volume: Volume;
  /** The canonical path of `data`. */
  readonly source: string;
  /** Facts of the directory that the mountpoint must show. */
  readonly data: string;
  readonly mountpoint: string;
  /** `dead-mount`: the caller knows that the mount there is dead, and wants to cover it. */
  readonly over: 'bare' | 'dead-mount';
}

/** Binds a directory to the mountpoint, unless it is bound already, and verifies that the kernel shows `data` there. */
export async function bindVerified(host: BindParts, wanted: WantedBind): Promise<Staged> {
  const { volume, mountpoint } = wanted;
  const meant = await identityOf(host, volume, wanted.data);
  if (meant === undefined) return 'no-data';
  const before = await host.mounts.at(mountpoint);
  if (isSame(before, meant)) {
    if (bindFlagsOf(volume).length === 0) return 'staged';
    if (hasBindFlags(await mountedAt(host, mountpoint), volume)) return 'staged';
    // A daemon died just after the bind.
    await takeDown(host, volume, mountpoint);
  } else if (before.kind === 'mounted' && wanted.over === 'bare') {
    throw occupied(volume, mountpoint);
  }
  await withPrefix(`Volume ${volume.name} could not be mounted`, () => bindOver(host, wanted));
  if (isSame(await host.mounts.at(mountpoint), meant)) return 'staged';
  throw new VolumeError(
    'failed',
    `Volume ${volume.name}: ${wanted.source} changed while being mounted at ${mountpoint}: retry.`,
  );
}

/** The kernel does not mount over a directory that was deleted on the server (ENOENT): the dead mount must be unmounted first. */
async function bindOver(host: BindParts, { volume, source, mountpoint, over }: WantedBind): Promise<void> {
  const bind = () => host.mounts.bind(source, mountpoint, bindFlagsOf(volume));
  try {
    await bind();
  } catch (error) {
    if (over === 'bare' || errnoOf(error) !== 'ENOENT') throw error;
    await takeDown(host, volume, mountpoint);
    await bind();
  }
}

export function occupied(volume: Volume, mountpoint: string): VolumeError {
  return new VolumeError(
    'conflict',
    `Volume ${volume.name} could not be mounted: something else is mounted at ${mountpoint}: unmount it, then retry.`,
  );
}

/** Unmounts everything that is mounted there. Throws `in-use` if something still uses it. */
export async function takeDown(
  host: Pick<BindParts, 'mounts'>,
  volume: Volume,
  place: string,
): Promise<void> {
  for (let count = 0; count < mostStacked; count++) {
    if ((await host.mounts.at(place)).kind !== 'mounted') return;
    await withPrefix(`Volume ${volume.name} could not be unmounted`, () => host.mounts.unmount(place));
  }
  throw new VolumeError(
    'failed',
    `Volume ${volume.name}: another process keeps mounting over ${place}: stop it.`,
  );
}

/** Whether a mount has all restrictions of the volume's options (read-only, nosuid …). */
export function hasBindFlags(entry: MountEntry | undefined, volume: Volume): boolean {
  return bindFlagsOf(volume).every((flag) => entry?.options.includes(flag));
}

/** The facts of the directory with a volume's data; undefined if there is nothing. Throws `unavailable` if it is not a directory. */
export async function identityOf(
  { files }: { readonly files: Pick<Files, 'facts'> },
  volume: Volume,
  source: string,
): Promise<MountIdentity | undefined> {
  const facts = await files.facts(source);
  if (facts === undefined || facts.kind === 'directory') return facts;
  throw new VolumeError(
    'unavailable',
    `Volume ${volume.name} could not be mounted: its data ${source} is a ${facts.kind}, not a directory: put the directory in its place.`,
  );
}

function isSame(state: MountState, meant: MountIdentity): boolean {
  return state.kind === 'mounted' && state.device === meant.device && state.inode === meant.inode;
}
