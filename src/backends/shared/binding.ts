import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { Access, Files, MountIdentity, MountState, Mounts } from '../../host/host.ts';
import type { Staged } from './data-kind.ts';
import { errnoOf, helped } from './storage-errors.ts';

/** More mounts than this on one path are not our doing. */
const mostStacked = 64;

/** A host, or the part of it that leads to a storage server. */
export interface BindParts {
  readonly files: Pick<Files, 'facts'>;
  readonly mounts: Pick<Mounts, 'at' | 'bind' | 'unmount'>;
}

export interface WantedBind {
  readonly volume: Volume;
  /** The canonical path of `data`. */
  readonly source: string;
  /** What the mountpoint must show, found by its own path. */
  readonly data: string;
  readonly mountpoint: string;
  /** `dead-mount`: the caller knows that what is mounted there leads nowhere any more, and is to be covered. */
  readonly over: 'bare' | 'dead-mount';
}

/** Binds a directory to the mountpoint, and verifies that the kernel shows there what `data` is now. Bound already: done. */
export async function bindVerified(host: BindParts, wanted: WantedBind): Promise<Staged> {
  const { volume, mountpoint } = wanted;
  const meant = await identityOf(host, volume, wanted.data);
  if (meant === undefined) return 'no-data';
  const before = await host.mounts.at(mountpoint);
  if (isSame(before, meant)) return 'staged';
  if (before.kind === 'mounted' && wanted.over === 'bare') {
    throw occupied(volume, mountpoint);
  }
  await helped(`Volume ${volume.name} could not be mounted`, () => bindOver(host, wanted));
  if (isSame(await host.mounts.at(mountpoint), meant)) return 'staged';
  throw new VolumeError(
    'failed',
    `Volume ${volume.name}: what is mounted at ${mountpoint} is not ${wanted.source}, which was moved at that very moment: repeat.`,
  );
}

/** The kernel mounts nothing over a directory that was deleted on the server (ENOENT): that dead mount has to go first. */
async function bindOver(host: BindParts, { volume, source, mountpoint, over }: WantedBind): Promise<void> {
  const bind = () => host.mounts.bind(source, mountpoint, accessOf(volume));
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
    `Volume ${volume.name} could not be mounted: something else is mounted at ${mountpoint}: unmount it, then repeat.`,
  );
}

/** Takes down all that is mounted there. Throws `in-use` when something still uses it. */
export async function takeDown(
  host: Pick<BindParts, 'mounts'>,
  volume: Volume,
  place: string,
): Promise<void> {
  for (let count = 0; count < mostStacked; count++) {
    if ((await host.mounts.at(place)).kind !== 'mounted') return;
    await helped(`Volume ${volume.name} could not be unmounted`, () => host.mounts.unmount(place));
  }
  throw new VolumeError(
    'failed',
    `Volume ${volume.name}: ${place} is mounted again and again: look who mounts it.`,
  );
}

function accessOf(volume: Volume): Access {
  return volume.options.readOnly === 'true' ? 'read-only' : 'read-write';
}

/** Undefined when there is nothing. */
async function identityOf(
  host: BindParts,
  volume: Volume,
  source: string,
): Promise<MountIdentity | undefined> {
  const facts = await host.files.facts(source);
  if (facts === undefined || facts.kind === 'directory') return facts;
  throw new VolumeError(
    'unavailable',
    `Volume ${volume.name} could not be mounted: its data ${source} is a ${facts.kind}, not a directory: put the directory in its place.`,
  );
}

function isSame(state: MountState, meant: MountIdentity): boolean {
  return state.kind === 'mounted' && state.device === meant.device && state.inode === meant.inode;
}
