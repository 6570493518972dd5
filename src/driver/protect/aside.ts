import type { Snapshots } from '../../backends/backend.ts';
import { parseSnapshotName, type VolumeName } from '../../core/names.ts';
import type { Snapshot } from '../../core/protect/snapshot.ts';
import type { Volume } from '../../core/volume.ts';
import { asVolumeError, VolumeError } from '../../core/volume-error.ts';
import { type DriverContext, mountpointOf } from '../context.ts';
import { withSignal } from '../deadline.ts';
import { restage } from '../mount.ts';
import type { AsideIntent } from '../state/intents.ts';
import { settle } from '../unmount.ts';
import type { Aside, InUseRule } from '../volume-driver.ts';
import { asidePlace, clearPlace, makePlace } from './aside-place.ts';
import { allowedCopy, heldAt, inUse, seeInUse } from './in-use.ts';
import { copyingFrom, existing } from './snapshot.ts';

interface Opened {
  readonly aside: Aside;
  readonly intent: AsideIntent;
  readonly snapshot?: Snapshot;
}

/** See `VolumeDriver.readAside`. The volume's queue is free while `work` runs. */
export async function readAside<T>(
  context: DriverContext,
  name: VolumeName,
  use: InUseRule,
  work: (aside: Aside) => Promise<T>,
): Promise<T> {
  const opened = await context.queue.run(name, () => open(context, name, use));
  try {
    return await work(opened.aside);
  } finally {
    // If this fails, the next start cleans up.
    await context.queue
      .run(name, () => close(context, opened))
      .catch((error) =>
        context.log.write('warn', 'undo-failed', { driver: context.name, volume: name, error }),
      );
  }
}

async function open(context: DriverContext, name: VolumeName, use: InUseRule): Promise<Opened> {
  const { backend, timings, intents, host } = context;
  const volume = await existing(context, name);
  const id = host.newId();
  const intent: AsideIntent = { kind: 'aside', id, volume: name, path: asidePlace(context, id) };
  const { snapshots } = backend;
  const isInstant =
    snapshots.kind === 'kept' &&
    (await withSignal(timings.callDeadline, (signal) => snapshots.manner(volume, signal))).kind === 'instant';
  const named = isInstant ? { ...intent, snapshot: parseSnapshotName(`backup-${id}`) } : intent;
  await intents.add(named);
  try {
    await makePlace(context, intent.path);
    if (named.snapshot === undefined || snapshots.kind === 'none')
      return { aside: await openLive(context, volume, intent, use), intent };
    const snapshot = await takeFor(context, snapshots, volume, named);
    await withSignal(timings.workDeadline, (signal) => snapshots.stage(snapshot, intent.path, signal));
    const { consistency } = snapshot;
    return { aside: { path: intent.path, volume, consistency }, intent: named, snapshot };
  } catch (error) {
    await clearAside(context, named).catch((trouble) =>
      context.log.write('warn', 'undo-failed', { driver: context.name, volume: name, error: trouble }),
    );
    throw asVolumeError(error, `Volume ${name} could not be read`);
  }
}

async function takeFor(
  context: DriverContext,
  snapshots: Snapshots,
  volume: Volume,
  { id, snapshot: name = parseSnapshotName(`backup-${id}`) }: AsideIntent,
): Promise<Snapshot> {
  const mountpoint = heldAt(context, volume.name) ?? (await inUse(context, volume.name))?.mountpoint;
  const consistency = mountpoint === undefined ? 'unmounted' : 'frozen';
  const createdAt = new Date(context.host.now()).toISOString();
  const snapshot: Snapshot = { name, id, volume, createdAt, consistency };
  return copyingFrom(context, volume.name, { mountpoint }, (signal) =>
    snapshots.take(snapshot, mountpoint, signal),
  );
}

/** The mount aside counts as use of the volume, so the volume is not unmounted or removed meanwhile. */
async function openLive(
  context: DriverContext,
  volume: Volume,
  { path }: AsideIntent,
  use: InUseRule,
): Promise<Aside> {
  const used = await seeInUse(context, volume.name);
  const consistency = used === undefined ? 'live' : allowedCopy(used, use);
  if (used !== undefined && consistency === undefined)
    throw new VolumeError(
      'in-use',
      `Volume ${volume.name} could not be read: it has no snapshot that takes a moment, and ${used.words}, then retry; or read it while it is in use with --while-in-use.`,
    );
  await restage(context, volume);
  await context.host.mounts.bind(mountpointOf(context, volume.name), path, ['ro']);
  return { path, volume, consistency: consistency ?? 'live' };
}

async function close(context: DriverContext, { intent, snapshot, aside }: Opened): Promise<void> {
  const { backend, timings } = context;
  if (snapshot !== undefined && backend.snapshots.kind === 'kept') {
    const { snapshots } = backend;
    await withSignal(timings.workDeadline, (signal) => snapshots.unstage(snapshot, aside.path, signal));
  }
  await clearAside(context, intent);
}

/** Unmounts the data that is mounted aside, and deletes its snapshot. To be called in the volume's queue. */
export async function clearAside(context: DriverContext, intent: AsideIntent): Promise<void> {
  const { backend, timings, intents } = context;
  await clearPlace(context, intent);
  const { snapshots } = backend;
  if (intent.snapshot !== undefined && snapshots.kind === 'kept')
    await withSignal(timings.workDeadline, async (signal) => {
      // Found by its ID, because a user's own snapshot may have this name.
      const found = (await snapshots.list(undefined, signal)).find(
        (one) => 'id' in one && one.id === intent.id,
      );
      if (found !== undefined && 'id' in found) await snapshots.remove(found, signal);
    });
  if (context.ledger.get(intent.volume) !== undefined) await settle(context, intent.volume, 0);
  await intents.delete(intent);
}
