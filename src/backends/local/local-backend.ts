import { parseVolumeName, type VolumeName } from '../../core/names.ts';
import type { Options, RemovedVolume, Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { Backend, BackendParts } from '../backend.ts';
import { completeOptions, readSources } from '../shared/complete-options.ts';
import { bringBack, removeVolume } from '../shared/removal.ts';
import { listRemovedVolumes, purgeRemovedVolumes, reportUnreadable } from '../shared/removed-volumes.ts';
import { explained, refuseAborted } from '../shared/storage-errors.ts';
import { undeleteVolume } from '../shared/undelete.ts';
import { createVolume, discardVolume } from './create-volume.ts';
import { clearNewImages } from './leftovers.ts';
import { createLocalContext, type LocalContext } from './local-context.ts';
import { builtInOptions, fitOptions, localOptions } from './options.ts';
import { parseLocalSettings } from './settings.ts';

export function createLocalBackend(parts: BackendParts): Backend {
  const settings = parseLocalSettings(parts.driver, parts.settings);
  const sources = readSources(localOptions, builtInOptions, parts.defaults, parts.profiles);
  const context = createLocalContext(parts, settings);
  const { host } = parts;

  function plan(name: VolumeName, written: Options): Volume {
    const where = `Volume ${parseVolumeName(name)}`;
    const completed = completeOptions(localOptions, sources, where, written);
    const options = fitOptions(where, completed, settings.allowedRoots);
    const createdAt = new Date(host.now()).toISOString();
    return { name, id: host.newId(), options, given: completed.given, createdAt };
  }

  return {
    capabilities: { scope: 'local', sharing: 'one-host' },
    plan,
    ...volumeMethods(context),
    ...stagingMethods(context),
    ...removedMethods(context),
  };
}

function volumeMethods(
  context: LocalContext,
): Pick<Backend, 'create' | 'discard' | 'remove' | 'lookup' | 'list'> {
  return {
    create: (volume, signal) =>
      act(context, `Volume ${volume.name} could not be created`, signal, () =>
        createVolume(context, volume, signal),
      ),
    discard: (volume, signal) =>
      act(context, `Volume ${volume.name} could not be discarded`, signal, () =>
        discardVolume(context, volume),
      ),
    remove: (volume, signal) =>
      act(context, `Volume ${volume.name} could not be removed`, signal, async (doing) => {
        if (await context.root.exists(doing)) await removeVolume(context, volume, signal);
      }),
    lookup: (name, signal) =>
      act(context, `Volume ${name} could not be looked up`, signal, async (doing) =>
        (await context.root.exists(doing)) ? context.registry.lookup(name) : undefined,
      ),
    list: (signal) =>
      act(context, 'The volumes could not be listed', signal, (doing) => list(context, doing, signal)),
  };
}

function stagingMethods(context: LocalContext): Pick<Backend, 'stage' | 'unstage'> {
  return {
    stage: (volume, mountpoint, signal) =>
      act(context, `Volume ${volume.name} could not be mounted`, signal, async (doing) => {
        await context.root.requireMounted(doing);
        await bringBack(context, volume);
        await context.kindOf(volume).stage(volume, mountpoint, signal);
      }),
    unstage: (volume, mountpoint, signal) =>
      act(context, `Volume ${volume.name} could not be unmounted`, signal, () =>
        context.kindOf(volume).unstage(volume, mountpoint),
      ),
  };
}

function removedMethods(context: LocalContext): Pick<Backend, 'listRemoved' | 'undelete' | 'purge'> {
  return {
    listRemoved: (signal) =>
      act(context, 'The removed volumes could not be listed', signal, async (doing) =>
        (await context.root.exists(doing)) ? listRemovedVolumes(context, context.log, signal) : [],
      ),
    undelete: (removed, signal) =>
      act(context, `Volume ${removed.volume.name} could not be brought back`, signal, async (doing) => {
        await context.root.make(doing);
        return undeleteVolume(context, removed);
      }),
    purge: (signal) =>
      act(context, 'The purge could not be finished', signal, (doing) => purge(context, doing, signal)),
  };
}

/** Every method but `plan` goes through here: nothing is begun once it is given up, and every error is explained. */
function act<T>(
  context: LocalContext,
  doing: string,
  signal: AbortSignal,
  work: (doing: string) => Promise<T>,
): Promise<T> {
  return explained(doing, context.layout.root, async () => {
    refuseAborted(signal, doing);
    return work(doing);
  });
}

async function list(context: LocalContext, doing: string, signal: AbortSignal): Promise<readonly Volume[]> {
  if (!(await context.root.exists(doing))) return [];
  const listing = await context.registry.list(signal);
  if (listing === undefined)
    throw new VolumeError('unavailable', `${doing}: ${context.layout.registry} is gone: repeat.`);
  reportUnreadable(context.log, context.driver, listing.unreadable);
  return listing.volumes;
}

async function purge(
  context: LocalContext,
  doing: string,
  signal: AbortSignal,
): Promise<readonly RemovedVolume[]> {
  if (!(await context.root.exists(doing))) return [];
  await clearNewImages(context);
  for (const directory of [context.layout.registry, context.layout.trash]) {
    await context.temporaryFiles.sweep(directory);
  }
  return purgeRemovedVolumes(context, context.log, signal);
}
