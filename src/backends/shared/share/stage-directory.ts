import { join } from 'node:path';
import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { accessOf, bindVerified, takeDown } from '../binding.ts';
import type { Staged } from '../data-kind.ts';
import { errnoOf } from '../storage-errors.ts';
import { mountedAt, mountShare } from './mount-share.ts';
import type { OpenShare } from './open-share.ts';

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
}

/**
 * Whether what is mounted there leads nowhere any more: a dead client answers ENOTCONN, a server that forgot the directory
 * ESTALE. The look is made from another process, and fails with the system's error while the server does not answer.
 */
export async function isDead(open: OpenShare, volume: Volume, mountpoint: string): Promise<boolean> {
  const { binding, files, base, share } = open;
  const state = await binding.mounts.at(mountpoint);
  if (state.kind !== 'mounted') return false;
  const code = await failureOf(() => files.facts(mountpoint));
  if (code === undefined) return false;
  if (volume.options.isolation === 'volume') return share.isLost(mountpoint, code);
  if (base.identity()?.device === state.device) return share.isLost(base.path, code);
  // Of an earlier base mount, with another client: it is dead if the present one is well.
  return (await failureOf(() => files.facts(base.path))) === undefined;
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

async function stageAlone(
  open: OpenShare,
  volume: Volume,
  directory: string,
  mountpoint: string,
  signal: AbortSignal,
): Promise<Staged> {
  const { share, host, files, base } = open;
  const doing = `Volume ${volume.name} could not be mounted`;
  const mount = share.mountOf({
    directory,
    access: accessOf(volume),
    options: volume.options.mountOptions?.split(',') ?? [],
    sharing: 'alone',
  });
  // mount(8) says nothing of a missing directory of GlusterFS.
  if ((await files.facts(join(base.path, directory))) === undefined) return 'no-data';
  const there = await mountedAt(host, mountpoint);
  if (there !== undefined && !(await isDead(open, volume, mountpoint))) {
    if (share.mismatch(mount, there) === undefined) return 'staged';
    throw new VolumeError(
      'conflict',
      `${doing}: something else is mounted at ${mountpoint}: unmount it, then repeat.`,
    );
  }
  await mountShare({ host, share, mount, target: mountpoint, doing, signal });
  return 'staged';
}
