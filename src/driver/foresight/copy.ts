import type { CloneSource } from '../../backends/backend.ts';
import type { VolumeName } from '../../core/names.ts';
import { type ForeseenContainers, nothingPrepared, quietly } from '../../core/protect/containers.ts';
import { shortSize } from '../../core/sizes.ts';
import type { Volume } from '../../core/volume.ts';
import { type DriverContext, mountpointOf } from '../context.ts';
import { withSignal } from '../deadline.ts';
import { doingOf, noSource, type Origin, originOf, planLike, ruleOf } from '../protect/clone.ts';
import { seeInUse } from '../protect/in-use.ts';
import { type Copying, copyable, existing } from '../protect/snapshot.ts';
import type { ForeseenStep } from '../volume-driver.ts';

export type PrepareForeseen = (source: VolumeName) => Promise<ForeseenContainers>;

/** The volume as a create would record it, and the steps on its source before that. */
export interface ForeseenCopy {
  readonly volume: Volume;
  readonly before: readonly ForeseenStep[];
}

/** Like `cloneInto`, but changes nothing. */
export async function foreseeCopy(
  context: DriverContext,
  asked: Volume,
  from: string,
  prepare?: PrepareForeseen,
): Promise<ForeseenCopy> {
  const origin = await originOf(context, asked, from);
  const { volume, snapshot } = origin;
  if (snapshot === undefined) {
    const prepared = (await prepare?.(volume.name)) ?? { ...nothingPrepared, steps: [] };
    return context.queue.run(volume.name, () => foreseeCopyOfVolume(context, origin, asked, prepared));
  }
  if (prepare !== undefined) throw noSource(asked);
  const planned = planLike(context, asked, snapshot.volume);
  await askBackend(context, origin, planned, { kind: 'snapshot', snapshot });
  return { volume: planned, before: [] };
}

async function foreseeCopyOfVolume(
  context: DriverContext,
  origin: Origin,
  asked: Volume,
  prepared: ForeseenContainers,
): Promise<ForeseenCopy> {
  const source = await existing(context, origin.volume.name);
  const wanted = { volume: source, doing: doingOf(asked), use: quietly(ruleOf(asked), prepared) };
  const copying = await copyable(context, origin.snapshots, wanted, seeInUse);
  const { consistency, mountpoint } = copying;
  const planned = planLike(context, asked, source);
  const copied: CloneSource = { kind: 'volume', volume: source, mountpoint };
  await askBackend(context, origin, planned, copied);
  const steps = prepared.steps.map((about) => ({ act: 'prepare', about }) as const);
  const unused = consistency === 'unmounted' ? unusedSteps(context, source.name) : [];
  return { volume: planned, before: [...steps, ...unused, ...copySteps(source.name, copying)] };
}

/** Bytes per second, for an idea of the time: what a plain disk or network does. */
const plainSpeed = 100 * 2 ** 20;

/** Nothing is copied where blocks are shared. */
export function copySteps(name: VolumeName, { full }: Pick<Copying, 'full'>): readonly ForeseenStep[] {
  if (full === undefined) return [];
  const { bytes, isWhole } = full;
  const [size, time] = [shortSize(bytes), Math.ceil(bytes / plainSpeed)];
  const least = isWhole ? '' : 'at least ';
  return [
    {
      act: 'copy',
      about: `${least}${size} of volume ${name}: ${least}${inWords(time)} at 100 MiB per second`,
    },
  ];
}

function inWords(seconds: number): string {
  return seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}

function askBackend(
  { timings }: DriverContext,
  { snapshots }: Origin,
  planned: Volume,
  source: CloneSource,
): Promise<void> {
  return withSignal(timings.callDeadline, (signal) => snapshots.foreseeClone(planned, source, signal));
}

/** Nobody seems to use the source: it is unmounted, perhaps after a look. */
export function unusedSteps(context: DriverContext, name: VolumeName): readonly ForeseenStep[] {
  const entry = context.ledger.get(name);
  if (entry === undefined && context.takenDownUnseen.has(name))
    return [{ act: 'look', about: `volume ${name} is mounted for a moment to see who uses it` }];
  if (entry?.seen === undefined) return [];
  return [{ act: 'unmount', about: mountpointOf(context, name) }];
}
