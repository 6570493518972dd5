import type { Volume } from '../../../core/volume.ts';
import type { EbsContext } from '../context.ts';
import type { Disk, Instance } from '../ec2/ec2.ts';
import { volumeIdOn } from '../record/read-tags.ts';
import { fullInstance } from './refusals.ts';
import type { Target } from './target.ts';

/** One of the places that `attachLimit` gives to the volumes of this driver; other disks do not count. */
interface Place {
  /** To be called once EC2 shows the attachment, or the attach failed. */
  release(): void;
}

/** Throws `unavailable` if attached disks, and those being attached, take all places. */
export async function takePlace(
  context: EbsContext,
  volume: Volume,
  disk: Disk,
  { target, instance }: { readonly target: Target; readonly instance: Instance | undefined },
  signal: AbortSignal,
): Promise<Place> {
  const { settings, attaching } = context;
  const most = settings.attachLimit;
  if (most === undefined) return { release: () => undefined };
  // Taken before the look: a disk whose attach ends during the look would be missing from both otherwise.
  const underWay = () =>
    [...attaching].flatMap(([id, instanceId]) => (instanceId === target.instanceId ? [id] : []));
  const before = underWay();
  const ours = instance === undefined ? new Map<string, string>() : await oursOn(context, instance, signal);
  const taken = new Set([...ours.values(), ...before, ...underWay()]);
  taken.delete(disk.id);
  if (taken.size >= most && instance !== undefined) {
    const all = [...taken].filter((id) => ![...ours.values()].includes(id));
    const devices = new Map([...ours, ...all.map((id) => ['a device that is being attached', id] as const)]);
    const limit = `takes ${most} by the driver's attachLimit`;
    throw fullInstance(volume, disk, { target, instance: { ...instance, devices } }, limit);
  }
  attaching.set(disk.id, target.instanceId);
  return { release: () => void attaching.delete(disk.id) };
}

/** Device names, and this driver's disks behind them. Looked up by ID, because a look by tag may be outdated. */
export async function oursOn(
  context: EbsContext,
  { devices }: Instance,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const ec2 = await context.ec2();
  const found = await Promise.all(
    [...devices].map(async ([device, id]) => ({ device, disk: await ec2.volume(id, signal) })),
  );
  return new Map(
    found.flatMap(({ device, disk }) =>
      disk !== undefined && volumeIdOn(disk.tags, context.driver) !== undefined ? [[device, disk.id]] : [],
    ),
  );
}
