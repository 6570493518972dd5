import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { Access, Host, MountIdentity, MountState } from '../../host/host.ts';
import { helped } from '../shared/storage-errors.ts';

/** More mounts than this on one path are not our doing. */
const mostStacked = 64;

/**
 * Binds a directory to the mountpoint, and verifies that the kernel shows there what `data` is now, found by its own path.
 * Bound already: done. `source` is the canonical path of `data`.
 */
export async function bindVerified(
  host: Host,
  volume: Volume,
  source: string,
  mountpoint: string,
  data = source,
): Promise<void> {
  const meant = await identityOf(host, volume, data);
  const before = await host.mounts.at(mountpoint);
  if (isSame(before, meant)) return;
  if (before.kind === 'mounted') {
    throw new VolumeError(
      'conflict',
      `Volume ${volume.name} could not be mounted: something else is mounted at ${mountpoint}: unmount it, then repeat.`,
    );
  }
  await helped(`Volume ${volume.name} could not be mounted`, () =>
    host.mounts.bind(source, mountpoint, accessOf(volume)),
  );
  if (isSame(await host.mounts.at(mountpoint), meant)) return;
  throw new VolumeError(
    'failed',
    `Volume ${volume.name}: what is mounted at ${mountpoint} is not ${source}, which was moved at that very moment: repeat.`,
  );
}

/** Takes down all that is mounted there. Throws `in-use` when something still uses it. */
export async function takeDown(host: Host, volume: Volume, place: string): Promise<void> {
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

async function identityOf(host: Host, volume: Volume, source: string): Promise<MountIdentity> {
  const facts = await host.files.facts(source);
  if (facts?.kind === 'directory') return facts;
  const found = facts === undefined ? 'is missing' : `is a ${facts.kind}, not a directory`;
  throw new VolumeError(
    'unavailable',
    `Volume ${volume.name} could not be mounted: its data ${source} ${found}: mount the disk or restore it, nothing was recreated.`,
  );
}

function isSame(state: MountState, meant: MountIdentity): boolean {
  return state.kind === 'mounted' && state.device === meant.device && state.inode === meant.inode;
}
