import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Volume } from '../../../core/volume.ts';
import { bindVerified, hasBindFlags, identityOf, occupied, takeDown } from '../file-system/binding.ts';
import { canonicalOf, mountedAt } from '../file-system/mounted-at.ts';
import type { Staged } from '../recorded/data-kind.ts';
import { errnoOf } from '../storage-errors.ts';
import { mountShare } from './mounting/mount-share.ts';
import type { OpenShare } from './open-share.ts';
import type { Share, WantedMount } from './share.ts';

/** Makes a directory of a share available at the mountpoint: as a bind from the base mount, or as a separate mount. */
export async function stageDirectory(
  open: OpenShare,
  volume: Volume,
  directory: string,
  mountpoint: string,
  signal: AbortSignal,
): Promise<Staged> {
  if (volume.options.isolation === 'volume') return stageAlone(open, volume, directory, mountpoint, signal);
  return bindVerified(open.binding, {
    volume,
    source: open.base.canonical(directory),
    data: join(open.base.path, directory),
    mountpoint,
    over: (await isDead(open, volume, mountpoint)) ? 'dead-mount' : 'bare',
  });
}

export async function unstageDirectory(open: OpenShare, volume: Volume, mountpoint: string): Promise<void> {
  await takeDown(open.binding, volume, mountpoint);
  if (volume.options.isolation === 'volume') await leaveAlonePlace(open, volume);
}

/**
 * Whether the mount there is dead: a dead client answers ENOTCONN, a server that forgot the directory ESTALE. The look is done by
 * another process, and fails with the system's error while the server does not answer.
 */
export async function isDead(open: OpenShare, volume: Volume, mountpoint: string): Promise<boolean> {
  const { binding, touch, base, share } = open;
  const state = await binding.mounts.at(mountpoint);
  if (state.kind !== 'mounted') return false;
  const code = await failureOf(() => touch(mountpoint));
  if (code === undefined) return false;
  if (volume.options.isolation === 'volume')
    return share.isLost(alonePlace(open, volume), code, state.device);
  if (base.identity()?.device === state.device) return share.isLost(base.path, code);
  // It came from an earlier base mount with another client: it is dead if the present one works.
  return (await failureOf(() => touch(base.path))) === undefined;
}

async function failureOf(look: () => Promise<unknown>): Promise<'ENOTCONN' | 'ESTALE' | undefined> {
  try {
    await look();
    return undefined;
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ENOTCONN' || code === 'ESTALE') return code;
    throw error;
  }
}

/**
 * Mounts at a private place, binds to the mountpoint, and unmounts the private place: one mount remains. So it can also cover a dead
 * mount, which no mount helper can.
 */
async function stageAlone(
  open: OpenShare,
  volume: Volume,
  directory: string,
  mountpoint: string,
  signal: AbortSignal,
): Promise<Staged> {
  const { share, host, base, binding } = open;
  const doing = `Volume ${volume.name} could not be mounted`;
  const isThere = async () => (await identityOf(open, volume, join(base.path, directory))) !== undefined;
  // mount(8) does not report a missing directory of GlusterFS.
  if (!(await isThere())) return 'no-data';
  const mount = share.mountOf(wantedAlone(volume, directory));
  const there = await mountedAt(host, mountpoint);
  const isCovering = there !== undefined && (await isDead(open, volume, mountpoint));
  if (there !== undefined && !isCovering) {
    if (share.mismatch(mount, there) !== undefined) throw occupied(volume, mountpoint);
    if (hasBindFlags(there, volume)) return 'staged';
    await takeDown(binding, volume, mountpoint);
  }
  const place = alonePlace(open, volume);
  await takeDown(binding, volume, place);
  await host.files.makeMountpoint(place);
  await mountShare({ host, share, mount, target: place, doing, signal, again: healing(share, isThere) });
  const source = await canonicalOf(host.files, place);
  await bindVerified(binding, {
    volume,
    source,
    data: place,
    mountpoint,
    over: isCovering ? 'dead-mount' : 'bare',
  });
  await leaveAlonePlace(open, volume);
  return 'staged';
}

/**
 * A brick that was down when the directory was made refuses a client that mounts only that directory, and the client ends at once
 * (GlusterFS 10.3: "subdirectory for mount … is not found"). A look by the base's client makes the directory there too, once
 * that client is connected to the brick again, which it tries every 3 s.
 */
function healing({ heals }: Share, look: () => Promise<boolean>): (signal: AbortSignal) => Promise<boolean> {
  let left = heals ? 15 : 0;
  return async (signal) => {
    if (left === 0) return false;
    left -= 1;
    const isDue = await sleep(1_000, true, { signal }).catch(() => false);
    return isDue && look();
  };
}

/** The mount of a volume that has its own. */
export function wantedAlone({ options }: Volume, directory: string): WantedMount {
  return {
    directory,
    access: options.readOnly === 'true' ? 'read-only' : 'read-write',
    options: options.mountOptions?.split(',') ?? [],
    sharing: 'alone',
  };
}

function alonePlace({ base }: OpenShare, volume: Volume): string {
  return join(dirname(base.path), `alone~${volume.name}`);
}

async function leaveAlonePlace(open: OpenShare, volume: Volume): Promise<void> {
  const place = alonePlace(open, volume);
  await takeDown(open.binding, volume, place);
  await open.host.files.removeDirectory(place);
}
