import type { CloneSource, Snapshots } from '../../backends/backend.ts';
import { parseSourceName, type Snapshot } from '../../core/snapshot.ts';
import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { DriverContext } from '../context.ts';
import { withSignal } from '../deadline.ts';
import type { InUseRule } from '../volume-driver.ts';
import { findSnapshot } from './find-snapshot.ts';
import { requireOffered } from './offered.ts';
import { copyable, copyingFrom, existing } from './snapshot.ts';

/** The source of a copy. */
export interface Origin {
  readonly snapshots: Snapshots;
  readonly volume: Volume;
  /** Undefined: the current state of the volume. */
  readonly snapshot: Snapshot | undefined;
}

/**
 * Plans the volume again with the properties of its source. To be called in the volume's queue. It waits in the source's queue
 * only if the source is recorded. This volume is not recorded yet, so nobody in that queue waits for it.
 */
export async function cloneInto(context: DriverContext, asked: Volume, from: string): Promise<Volume> {
  const origin = await originOf(context, asked, from);
  const { snapshots, volume, snapshot } = origin;
  if (snapshot === undefined)
    return context.queue.run(volume.name, () => cloneOfVolume(context, origin, asked));
  const planned = planLike(context, asked, snapshot.volume);
  return withSignal(context.timings.copyDeadline, (signal) =>
    snapshots.clone(planned, { kind: 'snapshot', snapshot }, signal),
  );
}

async function cloneOfVolume(
  context: DriverContext,
  { snapshots, volume: { name } }: Origin,
  asked: Volume,
): Promise<Volume> {
  const volume = await existing(context, name);
  const copying = await copyable(context, snapshots, { volume, doing: doingOf(asked), use: ruleOf(asked) });
  const planned = planLike(context, asked, volume);
  const copied: CloneSource = { kind: 'volume', volume, mountpoint: copying.mountpoint };
  return copyingFrom(context, name, copying, (signal) => snapshots.clone(planned, copied, signal));
}

/** Throws `invalid` if the backend makes no copies, and `not-found` if there is no source. */
export async function originOf(context: DriverContext, asked: Volume, from: string): Promise<Origin> {
  const source = parseSourceName(from);
  const doing = doingOf(asked);
  if (source.volume === asked.name)
    throw new VolumeError(
      'invalid',
      `${doing}: it cannot be a copy of itself: name another volume in \`from\`.`,
    );
  const snapshots = requireOffered(context.backend.snapshots, doing);
  const volume = await existing(context, source.volume);
  const snapshot = source.snapshot && (await findSnapshot(context, snapshots, volume, source.snapshot));
  return { snapshots, volume, snapshot };
}

/** The option `whileInUse` of a copy: its record says that its files may be of different moments. */
export function ruleOf({ options }: Volume): InUseRule {
  return options.whileInUse === 'true' ? 'accept' : 'refuse';
}

export function doingOf({ name }: Volume): string {
  return `Volume ${name} could not be created`;
}

/** The same volume, so that a failed create is discarded by its ID. */
export function planLike({ backend }: DriverContext, asked: Volume, source: Volume): Volume {
  const { options, given } = backend.plan(asked.name, asked.given, source.options);
  return { ...asked, options, given };
}
