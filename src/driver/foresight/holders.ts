import { recoveredId } from '../../core/mount-ledger.ts';
import type { MountId, VolumeName } from '../../core/names.ts';
import type { Volume } from '../../core/volume.ts';
import { type DriverContext, mountpointOf, requireVolume } from '../context.ts';
import { isKept } from '../places/other-daemon.ts';
import { refuseForeignUse, type Standing, standingOf } from '../staging.ts';
import { holderToDrop } from '../unmount.ts';
import { seeUse } from '../use.ts';
import type { ForeseenStep } from '../volume-driver.ts';

/** Only the mount itself shows whether the storage allows it. */
export async function foreseeMount(
  context: DriverContext,
  name: VolumeName,
  id: MountId,
): Promise<readonly ForeseenStep[]> {
  const { standing, steps } = await foreseeStaging(context, await requireVolume(context, name));
  const isHeld = context.ledger.get(name)?.holders.has(id) === true && standing !== 'taken away';
  return [...steps, ...(isHeld ? [] : [{ act: 'hold', about: id } as const])];
}

/** The steps that would mount the volume, if it is not mounted. Throws `conflict` if somebody uses what is mounted there. */
export async function foreseeStaging(
  context: DriverContext,
  volume: Volume,
): Promise<{ readonly standing: Standing; readonly steps: readonly ForeseenStep[] }> {
  const mountpoint = mountpointOf(context, volume.name);
  const standing = await standingOf(context, volume, await context.host.mounts.at(mountpoint));
  if (standing === 'foreign') await refuseForeignUse(context, volume);
  return { standing, steps: mountSteps(standing, mountpoint) };
}

const before: Readonly<Record<Standing, string | undefined>> = {
  staged: undefined,
  absent: undefined,
  'taken away': 'another host has taken the volume',
  dead: 'the mount is dead',
  foreign: 'Holdfast did not mount what is there',
};

function mountSteps(standing: Standing, mountpoint: string): readonly ForeseenStep[] {
  if (standing === 'staged') return [];
  const why = before[standing];
  const clears = why === undefined ? [] : [{ act: 'unmount', about: `${mountpoint}: ${why}` } as const];
  return [...clears, { act: 'mount', about: mountpoint }];
}

export async function foreseeUnmount(
  context: DriverContext,
  name: VolumeName,
  id: MountId,
): Promise<readonly ForeseenStep[]> {
  const entry = context.ledger.get(name);
  if (entry === undefined) return [];
  const dropped = holderToDrop(entry, id);
  const seen = await seeUse(context, name, 0);
  if (dropped === recoveredId && seen.use === 'used') return [];
  const drops = entry.holders.has(dropped) ? [{ act: 'drop holder', about: dropped } as const] : [];
  const left = [...entry.holders.keys()].filter((holder) => holder !== dropped);
  const mountpoint = mountpointOf(context, name);
  if (left.length > 0) return [...drops, { act: 'keep mounted', about: `for ${left.join(', ')}` }];
  if (await isKept(context, name, seen))
    return [...drops, { act: 'keep mounted', about: 'until nobody uses it' }];
  return [...drops, { act: 'unmount', about: mountpoint }];
}
