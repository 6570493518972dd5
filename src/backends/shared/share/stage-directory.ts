import { dirname, join } from 'node:path';
import type { Volume } from '../../../core/volume.ts';
import { bindVerified, occupied, takeDown } from '../binding.ts';
import type { Staged } from '../data-kind.ts';
import { errnoOf } from '../storage-errors.ts';
import { lookAfresh } from './look-afresh.ts';
import { canonicalOf, mountedAt, mountShare } from './mount-share.ts';
import type { OpenShare } from './open-share.ts';
import type { WantedMount } from './share.ts';

/** Makes a directory of a share that is in use appear at the mountpoint: a bind from the base mount, or a mount of its own. */
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
 * Whether what is mounted there leads nowhere any more: a dead client answers ENOTCONN, a server that forgot the directory
 * ESTALE. The look is made from another process, and fails with the system's error while the server does not answer.
 */
export async function isDead(open: OpenShare, volume: Volume, mountpoint: string): Promise<boolean> {
  const { binding, files, base, share } = open;
  const state = await binding.mounts.at(mountpoint);
  if (state.kind !== 'mounted') return false;
  const code = await failureOf(() => lookAfresh(files, mountpoint));
  if (code === undefined) return false;
  if (volume.options.isolation === 'volume') return share.isLost(alonePlace(open, volume), code);
  if (base.identity()?.device === state.device) return share.isLost(base.path, code);
  // Of an earlier base mount, with another client: it is dead if the present one is well.
  return (await failureOf(() => lookAfresh(files, base.path))) === undefined;
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
 * Mounted at a private place, bound to the mountpoint, and gone from the private place: one mount remains. So it can also
 * cover a dead mount, which no mount helper does.
 */
async function stageAlone(
  open: OpenShare,
  volume: Volume,
  directory: string,
  mountpoint: string,
  signal: AbortSignal,
): Promise<Staged> {
  const { share, host, files, base, binding } = open;
  const doing = `Volume ${volume.name} could not be mounted`;
  // mount(8) says nothing of a missing directory of GlusterFS.
  if ((await files.facts(join(base.path, directory))) === undefined) return 'no-data';
  const mount = share.mountOf(wantedAlone(volume, directory));
  const there = await mountedAt(host, mountpoint);
  const isCovering = there !== undefined && (await isDead(open, volume, mountpoint));
  if (there !== undefined && !isCovering && share.mismatch(mount, there) === undefined) return 'staged';
  if (there !== undefined && !isCovering) throw occupied(volume, mountpoint);
  const place = alonePlace(open, volume);
  await takeDown(binding, volume, place);
  await host.files.makeMountpoint(place);
  await mountShare({ host, share, mount, target: place, doing, signal });
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

/** Of a volume with a mount of its own. */
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
