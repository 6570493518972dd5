import type { PublishedPlace } from '../../core/mount-ledger.ts';
import type { MountId, VolumeName } from '../../core/names.ts';
import type { Volume } from '../../core/volume.ts';
import { asVolumeError, VolumeError } from '../../core/volume-error.ts';
import { type DriverContext, mountpointOf, requireVolume } from '../context.ts';
import { joined } from '../in-time.ts';
import { ensureStaged } from '../staging.ts';
import { settle } from '../unmount.ts';
import type { Place } from '../volume-driver.ts';
import { isOrWas, isSame } from './identity.ts';
import { holderAt, parsePublishedPath, resolvePublishedPath } from './path.ts';

/**
 * Stages the volume, records the path as a holder, then mounts the volume there. After a kill in between, a repeated call
 * finishes the work.
 */
export async function publishVolume(
  context: DriverContext,
  name: VolumeName,
  { path: given, ...how }: Place,
): Promise<void> {
  const path = parsePublishedPath(given);
  const work = context.queue.run(name, () => publishNow(context, name, { path, ...how }));
  await joined(name, 'mounted', context.timings.longDeadline, work);
}

async function publishNow(
  context: DriverContext,
  name: VolumeName,
  { path, access, alone }: Place,
): Promise<void> {
  const volume = await requireVolume(context, name);
  try {
    const target = await resolvePublishedPath(context, path);
    if (target === undefined) {
      const message = `Volume ${name} cannot be published at ${path}: there is no directory above it: make that first.`;
      throw new VolumeError('invalid', message);
    }
    if (alone) await refuseSecond(context, name, path);
    const seen = await ensureStaged(context, volume);
    if (context.ledger.get(name)?.seen !== seen) await context.ledger.write({ kind: 'staged', name, seen });
    const id = holderAt(path);
    const before = context.ledger.get(name)?.holders.get(id)?.place;
    const holder = { id, place: { path, access, seen }, before };
    const found = await clear(context, volume, target, holder);
    if (found === 'there') return;
    await holdAndMount(context, volume, { target, found }, holder);
  } catch (error) {
    await takeDown(context, name);
    throw asVolumeError(error, `Volume ${name} could not be published at ${path}`);
  }
}

/** A path on record counts only while the kernel shows the mount there. */
async function refuseSecond(context: DriverContext, name: VolumeName, path: string): Promise<void> {
  for (const { place } of context.ledger.get(name)?.holders.values() ?? []) {
    if (place === undefined || place.path === path) continue;
    const target = await resolvePublishedPath(context, place.path);
    const state = target === undefined ? undefined : await context.host.mounts.at(target);
    if (state?.kind !== 'mounted' || !isOrWas(state, place.seen)) continue;
    throw new VolumeError(
      'in-use',
      `Volume ${name} is published at ${place.path}, and may only be at one path at a time: unpublish it there first.`,
    );
  }
}

interface PublishedHolder {
  readonly id: MountId;
  readonly place: PublishedPlace;
  /** Its place as it is on record. */
  readonly before: PublishedPlace | undefined;
}

/** Call it right before the act, without anything in between. */
function refuseOthers(
  { ledger, name: driver }: DriverContext,
  name: VolumeName,
  { id, place: { path, access }, before }: PublishedHolder,
): void {
  if (before !== undefined && before.access !== access)
    throw new VolumeError(
      'conflict',
      `Volume ${name} is published at ${path} already, ${before.access}: unpublish it there first.`,
    );
  for (const { volume, holders } of ledger.entries())
    if (volume.name !== name && holders.has(id))
      throw new VolumeError(
        'conflict',
        `Volume ${volume.name} of driver ${driver} is published at ${path}: volume ${name} needs another path.`,
      );
}

/** Removes an outdated mount of this holder. */
async function clear(
  context: DriverContext,
  { name }: Volume,
  target: string,
  holder: PublishedHolder,
): Promise<'there' | 'bare' | 'missing'> {
  const { mounts } = context.host;
  const { before } = holder;
  const { path, access, seen } = holder.place;
  const state = await mounts.at(target);
  if (state.kind !== 'mounted') return state.kind;
  const isCurrent = isSame(state, seen);
  if (isCurrent && before?.access === access) return 'there';
  const isOld = before !== undefined && isOrWas(state, before.seen);
  if (!isCurrent && !isOld) throw occupied(name, path);
  // Another volume of the same directory looks the same.
  refuseOthers(context, name, holder);
  // Without a holder the ledger was lost, so the access of the mount is unknown.
  await mounts.unmount(target);
  return 'bare';
}

/** The holder is on record first: after a kill in between, the repeated call mounts, and an Unpublish drops it. */
async function holdAndMount(
  context: DriverContext,
  volume: Volume,
  { target, found }: { readonly target: string; readonly found: 'bare' | 'missing' },
  holder: PublishedHolder,
): Promise<void> {
  const { ledger, host } = context;
  const { name } = volume;
  const { id, place, before } = holder;
  refuseOthers(context, name, holder);
  await ledger.write({ kind: 'hold', name, id, at: host.now(), mounts: 1, place });
  try {
    if (found === 'missing') await host.files.makeDirectory(target);
    await host.mounts.bind(mountpointOf(context, name), target, flagsOf(volume, place.access));
  } catch (error) {
    if (before === undefined) await quietly(context, name, ledger.write({ kind: 'drop', name, id }));
    throw error;
  }
}

/** A bind of a bind does not inherit its restrictions, so they are given again. */
function flagsOf({ options }: Volume, access: Place['access']) {
  const restrictions = (['nosuid', 'nodev', 'noexec'] as const).filter((flag) => options[flag] === 'true');
  const isReadOnly = access === 'read-only' || options.readOnly === 'true';
  return isReadOnly ? (['ro', ...restrictions] as const) : restrictions;
}

/** Undoes a failed call, if nobody else holds the volume. */
function takeDown(context: DriverContext, name: VolumeName): Promise<void> {
  return quietly(context, name, settle(context, name, context.timings.lookAge));
}

/** The caller gets the error of the call; an error of the undo is logged. */
async function quietly(
  { log, name: driver }: DriverContext,
  name: VolumeName,
  undo: Promise<void>,
): Promise<void> {
  await undo.catch((error) => log.write('warn', 'undo-failed', { driver, volume: name, error }));
}

function occupied(name: VolumeName, path: string): VolumeError {
  return new VolumeError(
    'conflict',
    `Volume ${name} cannot be published at ${path}: something else is mounted there. Unmount that, or choose another path.`,
  );
}
