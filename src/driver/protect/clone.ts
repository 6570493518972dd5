import type { CloneSource, Snapshots } from '../../backends/backend.ts';
import { nothingPrepared, quietly, released } from '../../core/protect/containers.ts';
import { parseSourceName, type Snapshot } from '../../core/protect/snapshot.ts';
import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { DriverContext } from '../context.ts';
import { withSignal } from '../deadline.ts';
import type { InUseRule, PrepareSource } from '../volume-driver.ts';
import { findAnySnapshot } from './find-snapshot.ts';
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
export async function cloneInto(
  context: DriverContext,
  asked: Volume,
  from: string,
  prepare?: PrepareSource,
): Promise<Volume> {
  const origin = await originOf(context, asked, from);
  const { snapshots, snapshot } = origin;
  if (snapshot === undefined) return clonePrepared(context, origin, asked, prepare);
  if (prepare !== undefined) throw noSource(asked);
  const planned = planLike(context, asked, snapshot.volume);
  return withSignal(context.timings.copyDeadline, (signal) =>
    snapshots.clone(planned, { kind: 'snapshot', snapshot }, signal),
  );
}

/** The containers are prepared before the source's queue: a command in them may wait for a call on the same volume. */
async function clonePrepared(
  context: DriverContext,
  origin: Origin,
  asked: Volume,
  prepare: PrepareSource = async () => nothingPrepared,
): Promise<Volume> {
  const { name } = origin.volume;
  const prepared = await prepare(name);
  const work = context.queue.run(name, () =>
    cloneOfVolume(context, origin, asked, quietly(ruleOf(asked), prepared)),
  );
  return released(prepared, work, `Volume ${asked.name} was created as a copy of volume ${name}`);
}

async function cloneOfVolume(
  context: DriverContext,
  { snapshots, volume: { name } }: Origin,
  asked: Volume,
  use: InUseRule,
): Promise<Volume> {
  const volume = await existing(context, name);
  const copying = await copyable(context, snapshots, { volume, doing: doingOf(asked), use });
  const planned = planLike(context, asked, volume);
  const copied: CloneSource = { kind: 'volume', volume, mountpoint: copying.mountpoint };
  return copyingFrom(context, name, copying, (signal) => snapshots.clone(planned, copied, signal));
}

/** Throws `invalid` if the backend makes no copies, and `not-found` if there is no source. */
export async function originOf(context: DriverContext, asked: Volume, from: string): Promise<Origin> {
  const source = parseSourceName(from);
  const doing = doingOf(asked);
  const snapshots = requireOffered(context.backend.snapshots, doing);
  if (source.volume === asked.name && (source.snapshot === undefined || snapshots.copies.kind === 'none'))
    throw new VolumeError(
      'invalid',
      `${doing}: it cannot be a copy of itself: name another volume in \`from\`.`,
    );
  if (source.snapshot === undefined)
    return { snapshots, volume: await existing(context, source.volume), snapshot: undefined };
  const snapshot = await findAnySnapshot(context, snapshots, source.volume, source.snapshot);
  return { snapshots, volume: snapshot.volume, snapshot };
}

/** The option `whileInUse` of a copy: its record says that its files may be of different moments. */
export function ruleOf({ options }: Volume): 'refuse' | 'accept' {
  return options.whileInUse === 'true' ? 'accept' : 'refuse';
}

/** For containers that were to be prepared, although no volume is copied whose containers could be. */
export function noSource(asked: Volume): VolumeError {
  const { from } = asked.options;
  const why =
    from === undefined
      ? 'containers are paused, and commands run in them, only for a copy of another volume'
      : `${from} is a snapshot, which no container uses, so none is paused and no command is run`;
  return new VolumeError('invalid', `${doingOf(asked)}: ${why}: leave that out.`);
}

export function doingOf({ name }: Volume): string {
  return `Volume ${name} could not be created`;
}

/** The same volume, so that a failed create is discarded by its ID. */
export function planLike({ backend }: DriverContext, asked: Volume, source: Volume): Volume {
  const { options, given } = backend.plan(asked.name, asked.given, source.options);
  return { ...asked, options, given };
}
