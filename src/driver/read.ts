import type { MountId, VolumeName } from '../core/names.ts';
import { type DriverContext, lookupVolume, mountpointOf } from './context.ts';
import type { HolderView, ListedVolume, VolumeView } from './volume-driver.ts';

/** From memory. Only a name that is not there is asked of the storage, whose failure means: not known. */
export async function viewVolume(context: DriverContext, name: VolumeName): Promise<VolumeView | undefined> {
  const volume = context.catalog.get(name) ?? (await lookupQuietly(context, name));
  if (volume === undefined) return undefined;
  const { ledger, catalog, host, backend } = context;
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
    const { lookupDeadline, coldLookupDeadline } = context.timings;
    return await lookupVolume(context, name, context.catalog.known ? lookupDeadline : coldLookupDeadline);
  } catch (error) {
    context.log.write('debug', 'lookup-failed', { driver: context.name, volume: name, error });
    return undefined;
  }
}
