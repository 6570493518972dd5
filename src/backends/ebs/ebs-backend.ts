import { parseVolumeName } from '../../core/names.ts';
import type { Backend } from '../backend.ts';
import { explained, refuseAborted } from '../shared/storage-errors.ts';
import { createDisk } from './create-disk.ts';
import type { EbsContext } from './ebs-context.ts';
import { explainRefusal, isEc2Error } from './ec2-explain.ts';
import { findAll, findByName } from './find-disk.ts';
import { detachIdle } from './idle-disks.ts';
import { lingeringAs } from './linger.ts';
import { discardDisk, listRemovedDisks, purgeDisks, removeDisk, undeleteDisk } from './removal.ts';
import { isLostMount, stageVolume, unstageVolume } from './stage.ts';

type Methods = Omit<Backend, 'capabilities' | 'plan' | 'close'>;

/** The verbs over a driver's EC2. */
export function ebsMethods(context: EbsContext): Methods {
  return {
    create: (volume, signal) =>
      act(`Volume ${volume.name} could not be created`, signal, () => createDisk(context, volume, signal)),
    discard: (volume, signal) =>
      act(`Volume ${volume.name} could not be discarded`, signal, () => discardDisk(context, volume, signal)),
    remove: (volume, signal) =>
      act(`Volume ${volume.name} could not be removed`, signal, () => removeDisk(context, volume, signal)),
    lookup: (name, signal) =>
      act(`Volume ${name} could not be looked up`, signal, async () => {
        const waiting = lingeringAs(context, parseVolumeName(name));
        return (waiting ?? (await findByName(context, parseVolumeName(name), signal)))?.record.volume;
      }),
    list: (signal) =>
      act('The volumes could not be listed', signal, async () => {
        const found = await findAll(context, signal);
        return found.map(({ record }) => record.volume).sort((a, b) => (a.name < b.name ? -1 : 1));
      }),
    stage: (volume, mountpoint, signal) =>
      act(`Volume ${volume.name} could not be mounted`, signal, () =>
        stageVolume(context, volume, mountpoint, signal),
      ),
    unstage: (volume, mountpoint, signal) =>
      act(`Volume ${volume.name} could not be unmounted`, signal, () =>
        unstageVolume(context, volume, mountpoint, signal),
      ),
    isLost: (volume, mountpoint) => isLostMount(context, volume, mountpoint),
    health: () => undefined,
    listRemoved: (signal) =>
      act('The removed volumes could not be listed', signal, () => listRemovedDisks(context, signal)),
    undelete: (removed, signal) =>
      act(`Volume ${removed.volume.name} could not be brought back`, signal, () =>
        undeleteDisk(context, removed, signal),
      ),
    purge: (signal) =>
      act('The purge could not be finished', signal, async () => {
        await detachIdle(context, signal);
        return purgeDisks(context, signal);
      }),
  };
}

/** Nothing is begun once it is given up, and every error is explained. */
function act<T>(doing: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return explained(doing, 'EC2', async () => {
    refuseAborted(signal, doing);
    try {
      return await work();
    } catch (error) {
      throw isEc2Error(error) ? explainRefusal(doing, error) : error;
    }
  });
}
