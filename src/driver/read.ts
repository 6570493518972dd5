import type { MountId, VolumeName } from '../core/names.ts';
import type { Volume } from '../core/volume.ts';
import { type DriverContext, lookupVolume, mountpointOf } from './context.ts';
import { within } from './deadline.ts';
import type { Patience } from './member.ts';
import type { HolderView, ListedVolume, VolumeView } from './volume-driver.ts';

/** From memory. Only a name that is not there is asked of the storage, whose failure means: not known. */
export async function viewVolume(context: DriverContext, name: VolumeName): Promise<VolumeView | undefined> {
  const volume = context.catalog.get(name) ?? (await lookupQuietly(context, name));
  return volume && viewOf(context, volume);
}

/** From memory alone: the catalog, and the ledger for what is mounted here and listed no more. */
export function knownVolume(context: DriverContext, name: VolumeName): VolumeView | undefined {
  const volume = context.catalog.get(name) ?? context.ledger.get(name)?.volume;
  return volume && viewOf(context, volume);
}

/** What the storage says, or the reason why it does not within the deadline. */
export function lookupWithin(
  context: DriverContext,
  name: VolumeName,
  patience: Patience,
): Promise<Volume | undefined> {
  const deadline = patience === 'long' ? context.timings.callDeadline : shortDeadline(context);
  const silence = `The storage of driver ${context.name} has not answered within ${deadline / 1000} s.`;
  return within(lookupVolume(context, name, deadline), deadline, silence);
}

function viewOf(context: DriverContext, volume: Volume): VolumeView {
  const { ledger, catalog, host, backend } = context;
  const { name } = volume;
  const health = backend.health(volume);
  const details = backend.details(volume);
  const mustRestart = context.deadUsers.get(name);
  const entry = ledger.get(name);
  const holders = entry ? [...entry.holders].map(([id, { kind, at }]) => viewHolder(id, kind, at)) : [];
  return {
    volume,
    holders,
    ...(entry?.seen ? { mountpoint: mountpointOf(context, name) } : {}),
    ...(catalog.listedAt === undefined ? {} : { catalogAge: host.now() - catalog.listedAt }),
    ...(health === undefined ? {} : { health }),
    ...(Object.keys(details).length === 0 ? {} : { details }),
    ...(mustRestart === undefined ? {} : { mustRestart }),
  };
}

export function* listVolumes(context: DriverContext): Iterable<ListedVolume> {
  for (const volume of context.catalog.volumes()) {
    if (context.ledger.get(volume.name)?.seen)
      yield { volume, mountpoint: mountpointOf(context, volume.name) };
    else yield { volume };
  }
}

function viewHolder(id: MountId, kind: HolderView['kind'], at: number): HolderView {
  return { id, kind, mountedAt: new Date(at).toISOString() };
}

async function lookupQuietly(context: DriverContext, name: VolumeName): ReturnType<typeof lookupVolume> {
  try {
    return await lookupVolume(context, name, shortDeadline(context));
  } catch (error) {
    context.log.write('debug', 'lookup-failed', { driver: context.name, volume: name, error });
    return undefined;
  }
}

function shortDeadline({ catalog, timings }: DriverContext): number {
  return catalog.known ? timings.lookupDeadline : timings.coldLookupDeadline;
}
