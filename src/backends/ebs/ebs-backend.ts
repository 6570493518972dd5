import { parseVolumeName } from '../../core/names.ts';
import type { Backend } from '../backend.ts';
import { explained, refuseAborted } from '../shared/storage-errors.ts';
import { createDisk } from './create-disk.ts';
import type { EbsContext } from './ebs-context.ts';
import { explainRefusal, isEc2Error } from './ec2-explain.ts';
import { forVerb } from './ec2-named.ts';
import { findAll, findByName } from './find-disk.ts';
import { detachIdle } from './idle-disks.ts';
import { lingeringAs } from './linger.ts';
import { discardDisk, listRemovedDisks, purgeDisks, removeDisk, undeleteDisk } from './removal.ts';
import { isLostMount, stageVolume, unstageVolume } from './stage.ts';

type Methods = Omit<Backend, 'capabilities' | 'plan' | 'health' | 'details' | 'close'>;

/** The verbs over a driver's EC2. */
export function ebsMethods(all: EbsContext): Methods {
  return {
    create: (volume, signal) =>
      act(all, `Volume ${volume.name} could not be created`, signal, (context) =>
        createDisk(context, volume, signal),
      ),
    discard: (volume, signal) =>
      act(all, `Volume ${volume.name} could not be discarded`, signal, (context) =>
        discardDisk(context, volume, signal),
      ),
    remove: (volume, signal) =>
      act(all, `Volume ${volume.name} could not be removed`, signal, (context) =>
        removeDisk(context, volume, signal),
      ),
    lookup: (name, signal) =>
      act(all, `Volume ${name} could not be looked up`, signal, async (context) => {
        const waiting = lingeringAs(context, parseVolumeName(name));
        return (waiting ?? (await findByName(context, parseVolumeName(name), signal)))?.record.volume;
      }),
    list: (signal) =>
      act(all, 'The volumes could not be listed', signal, async (context) => {
        const found = await findAll(context, signal);
        context.seen.keep(found.map(({ disk }) => disk));
        return found.map(({ record }) => record.volume).sort((a, b) => (a.name < b.name ? -1 : 1));
      }),
    stage: (volume, mountpoint, signal) =>
      act(all, `Volume ${volume.name} could not be mounted`, signal, (context) =>
        stageVolume(context, volume, mountpoint, signal),
      ),
    unstage: (volume, mountpoint, signal) =>
      act(all, `Volume ${volume.name} could not be unmounted`, signal, (context) =>
        unstageVolume(context, volume, mountpoint, signal),
      ),
    isLost: (volume, mountpoint) => isLostMount(all, volume, mountpoint),
    listRemoved: (signal) =>
      act(all, 'The removed volumes could not be listed', signal, (context) =>
        listRemovedDisks(context, signal),
      ),
    undelete: (removed, signal) =>
      act(all, `Volume ${removed.volume.name} could not be brought back`, signal, (context) =>
        undeleteDisk(context, removed, signal),
      ),
    purge: (signal) =>
      act(all, 'The purge could not be finished', signal, async (context) => {
        await detachIdle(context, signal);
        return purgeDisks(context, signal);
      }),
  };
}

/** Nothing is begun once it is given up, and every error is explained. */
function act<T>(
  context: EbsContext,
  doing: string,
  signal: AbortSignal,
  work: (context: EbsContext) => Promise<T>,
): Promise<T> {
  return explained(doing, 'EC2', async () => {
    refuseAborted(signal, doing);
    try {
      return await work(forVerb(context, doing));
    } catch (error) {
      throw isEc2Error(error) ? explainRefusal(doing, error) : error;
    }
  });
}
