import type { VolumeName } from '../../core/names.ts';
import { asVolumeError, VolumeError } from '../../core/volume-error.ts';
import type { MountIdentity } from '../../host/host.ts';
import type { DriverContext } from '../context.ts';
import { joined } from '../in-time.ts';
import { settle } from '../unmount.ts';
import { isOrWas, isSame } from './identity.ts';
import { holderAt, parsePublishedPath, resolvePublishedPath } from './path.ts';

/** Rejects while the volume is still mounted there: the caller repeats the call. */
export async function unpublishVolume(
  context: DriverContext,
  name: VolumeName,
  given: string,
): Promise<void> {
  const path = parsePublishedPath(given);
  const work = context.queue.run(name, () => unpublishNow(context, name, path));
  await joined(name, 'unmounted', context.timings.callDeadline, work);
}

async function unpublishNow(context: DriverContext, name: VolumeName, path: string): Promise<void> {
  const { ledger, timings, host } = context;
  const id = holderAt(path);
  const entry = ledger.get(name);
  const place = entry?.holders.get(id)?.place;
  try {
    const target = await resolvePublishedPath(context, path);
    const isOthers = [...ledger.entries()].some((one) => one.volume.name !== name && one.holders.has(id));
    if (target !== undefined && !isOthers) {
      await unmountOurs(context, target, place?.seen, entry?.seen);
      // A directory with something in it was not made here.
      await host.files.removeIfEmpty(target);
    }
    if (place !== undefined) await ledger.write({ kind: 'drop', name, id });
  } catch (error) {
    throw asVolumeError(error, `Volume ${name} could not be unpublished from ${path}`);
  }
  // The teardown of the stage is the reaper's as well.
  await settle(context, name, timings.lookAge).catch((error) =>
    context.log.write('warn', 'unmount-goes-on', { driver: context.name, volume: name, id, error }),
  );
}

async function unmountOurs(
  { host }: DriverContext,
  target: string,
  recorded: MountIdentity | undefined,
  staged: MountIdentity | undefined,
): Promise<void> {
  const state = await host.mounts.at(target);
  if (state.kind !== 'mounted') return;
  const isOurs =
    (recorded !== undefined && isOrWas(state, recorded)) || (staged !== undefined && isSame(state, staged));
  if (!isOurs) return;
  try {
    await host.mounts.unmount(target);
  } catch (cause) {
    if (!isBusy(cause)) throw cause;
    throw new VolumeError('in-use', `A process of this host works in ${target}: end it, then repeat.`, {
      cause,
    });
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EBUSY';
}
