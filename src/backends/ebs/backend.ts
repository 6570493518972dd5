import { parseVolumeName } from '../../core/names.ts';
import type { Backend } from '../backend.ts';
import { doingOf } from '../shared/change-words.ts';
import { explained, refuseAborted } from '../shared/storage-errors.ts';
import { detachIdle } from './attachment/idle-disks.ts';
import { lingeringAs } from './attachment/linger.ts';
import { createChangedNames } from './changed-names.ts';
import type { EbsContext } from './context.ts';
import { createDisk } from './create-disk.ts';
import { diagnoseEbs } from './diagnose.ts';
import { explainRefusal, isEc2Error } from './ec2/refusals.ts';
import { findAll, findNamed } from './find-disk.ts';
import { foreseeDisk } from './foresee.ts';
import { lastDiskUses, noteDiskUse } from './last-use.ts';
import { purgeDisks } from './purge.ts';
import { discardDisk, listRemovedDisks, removeDisk, undeleteDisk } from './removal.ts';
import { isLostMount, stageVolume, unstageVolume } from './stage.ts';
import { forVerb } from './verb-context.ts';

type Methods = Omit<
  Backend,
  | 'capabilities'
  | 'plan'
  | 'health'
  | 'usage'
  | 'removedBytes'
  | 'details'
  | 'hostPath'
  | 'snapshots'
  | 'growth'
  | 'close'
>;

/** The backend's methods on a driver's EC2. */
export function ebsMethods(all: EbsContext): Methods {
  const changedNames = createChangedNames();
  return {
    // With EC2, the storage cannot be the wrong one.
    expectVolumes: () => undefined,
    create: (volume, signal) =>
      act(all, `Volume ${volume.name} could not be created`, signal, (context) =>
        createDisk(context, volume, signal),
      ),
    foresee: (change, signal) =>
      act(all, doingOf(change), signal, (context) => foreseeDisk(context, change, signal)),
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
        if (waiting !== undefined) return waiting.record.volume;
        const { present, unreadable } = await findNamed(context, parseVolumeName(name), signal);
        return unreadable ?? present?.record.volume;
      }),
    list: (signal) =>
      act(all, 'The volumes could not be listed', signal, async (context) => {
        const { disks, volumes } = await findAll(context, signal);
        context.seen.keep(disks);
        return volumes.toSorted((a, b) => (a.name < b.name ? -1 : 1));
      }),
    changedNames: (known, signal) =>
      act(all, 'Changes by other hosts could not be read', signal, (context) =>
        changedNames(context, known, signal),
      ),
    stage: (volume, mountpoint, signal) =>
      act(all, `Volume ${volume.name} could not be mounted`, signal, (context) =>
        stageVolume(context, volume, mountpoint, signal),
      ),
    unstage: (volume, mountpoint, signal) =>
      act(all, `Volume ${volume.name} could not be unmounted`, signal, (context) =>
        unstageVolume(context, volume, mountpoint, signal),
      ),
    diagnose: (signal) => diagnoseEbs(all, signal),
    noteUse: (volumes, signal) =>
      act(all, 'The use of volumes could not be noted', signal, (context) =>
        noteDiskUse(context, volumes, signal),
      ),
    lastUses: async () => lastDiskUses(all),
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

/** Refuses to start once the signal is aborted, and explains every error. */
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
