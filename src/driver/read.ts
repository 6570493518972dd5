import { setTimeout as sleep } from 'node:timers/promises';
import type { Holder } from '../core/mount-ledger.ts';
import type { MountId, VolumeName } from '../core/names.ts';
import { isUnreadable, type KnownVolume } from '../core/volume.ts';
import { asVolumeError, VolumeError } from '../core/volume-error.ts';
import { type DriverContext, mountpointOf } from './context.ts';
import { within } from './deadline.ts';
import type { Patience } from './joint/member.ts';
import type { HolderView, ListedVolume, VolumeView } from './volume-driver.ts';

/**
 * From memory. The storage is asked only about an unknown name, for as long as a caller can wait: an engine that hears "no such
 * volume" may make one elsewhere. Rejects if the storage does not answer: that never means "does not exist".
 */
export async function viewVolume(context: DriverContext, name: VolumeName): Promise<VolumeView | undefined> {
  const known = knownVolume(context, name);
  if (known !== undefined) return known;
  const found = await askStorage(context, name);
  return found && viewOf(context, found);
}

/**
 * For how many milliseconds a server that was found to be down counts as down. It is asked every ten seconds, and has five to
 * answer.
 */
const downFor = 20_000;
/**
 * Milliseconds that a server which was down has to say that it is back, as many as its probe. One that refuses connections says
 * so at once.
 */
const freshWord = 5_000;
/** Milliseconds between two questions in that time. */
const pause = 500;

async function askStorage(context: DriverContext, name: VolumeName): Promise<KnownVolume | undefined> {
  const begun = performance.now();
  for (;;) {
    try {
      return await askOnce(context, name);
    } catch (thrown) {
      const isOver = performance.now() - begun > context.timings.passing;
      if (isOver || !mayPass(context)) throw untold(context, name, thrown);
      await sleep(pause, undefined, { ref: false });
    }
  }
}

async function askOnce(context: DriverContext, name: VolumeName): Promise<KnownVolume | undefined> {
  // The look asks a server that was down once more. It continues after an error, and its result is kept.
  const looking = lookupWithin(context, name, 'long');
  if (trouble(context) !== undefined)
    await Promise.race([looking, sleep(freshWord, undefined, { ref: false })]);
  const known = trouble(context);
  if (known === undefined) return looking;
  looking.catch(() => undefined);
  throw known;
}

function untold(context: DriverContext, name: VolumeName, thrown: unknown): VolumeError {
  const cause = asVolumeError(thrown, 'The look failed');
  const code = cause.code === 'not-found' ? 'failed' : cause.code;
  const message = `Cannot tell whether volume ${name} exists in driver ${context.name}: ${cause.message}`;
  return new VolumeError(code, message, { cause });
}

/** A storage server that is known to be down; from memory. */
function trouble({ backend, host }: DriverContext): VolumeError | undefined {
  const health = backend.health();
  if (health?.downSince === undefined || host.now() - health.checkedAt > downFor) return undefined;
  const { server, state, detail } = health;
  return new VolumeError('unavailable', `${server} is in trouble (${state}): ${detail}.`);
}

/** Whether a server is down only since a moment ago. */
function mayPass({ backend, host, timings }: DriverContext): boolean {
  const { downSince } = backend.health() ?? {};
  return downSince !== undefined && host.now() - downSince < timings.passing;
}

/** From memory alone: the catalog, and the ledger for a volume that is mounted here but not listed any more. */
export function knownVolume(context: DriverContext, name: VolumeName): VolumeView | undefined {
  const volume = context.catalog.get(name) ?? context.ledger.get(name)?.volume;
  return volume && viewOf(context, volume);
}

/** Asks the storage. Rejects with the reason if it does not answer in time; a later answer is kept in the catalog. */
export function lookupWithin(
  context: DriverContext,
  name: VolumeName,
  patience: Patience,
): Promise<KnownVolume | undefined> {
  const { callDeadline, lookupDeadline } = context.timings;
  const deadline = patience === 'long' ? callDeadline : lookupDeadline;
  const silence = `The storage of driver ${context.name} has not answered within ${deadline / 1000} s.`;
  return within(context.looks.at(name), deadline, silence);
}

function viewOf(context: DriverContext, volume: KnownVolume): VolumeView {
  const { ledger, catalog, host, backend } = context;
  const { name } = volume;
  const health = isUnreadable(volume) ? undefined : backend.health(volume);
  const details = isUnreadable(volume) ? {} : backend.details(volume);
  const usage = isUnreadable(volume) ? undefined : context.usage.of(volume);
  const mustRestart = context.deadUsers.get(name);
  const owed = context.owedDrops.get(name);
  const entry = ledger.get(name);
  const holders = entry ? [...entry.holders].map(([id, holder]) => viewHolder(id, holder)) : [];
  return {
    volume,
    holders,
    ...(entry?.seen ? { mountpoint: mountpointOf(context, name) } : {}),
    ...(catalog.listedAt === undefined ? {} : { catalogAge: host.now() - catalog.listedAt }),
    ...(health === undefined ? {} : { health }),
    ...(usage === undefined ? {} : { usage }),
    ...(Object.keys(details).length === 0 ? {} : { details }),
    ...(mustRestart === undefined ? {} : { mustRestart }),
    ...(owed === undefined ? {} : { unmountsPending: [...owed] }),
  };
}

/** All of them, with what memory has of each. */
export function* viewVolumes(context: DriverContext): Iterable<VolumeView> {
  for (const volume of context.catalog.volumes()) yield viewOf(context, volume);
}

export function* listVolumes(context: DriverContext): Iterable<ListedVolume> {
  for (const volume of context.catalog.volumes()) {
    if (context.ledger.get(volume.name)?.seen)
      yield { volume, mountpoint: mountpointOf(context, volume.name) };
    else yield { volume };
  }
}

function viewHolder(id: MountId, { kind, at, place }: Holder): HolderView {
  const path = place === undefined ? {} : { path: place.path };
  return { id, kind, ...path, mountedAt: new Date(at).toISOString() };
}
