import { parseVolumeName } from '../../core/names.ts';
import type { Backend } from '../backend.ts';
import { doingOf } from '../shared/change-words.ts';
import type { Act } from './act.ts';
import { detachIdle } from './attachment/idle-disks.ts';
import { lingeringAs } from './attachment/linger.ts';
import { createChangedNames } from './changed-names.ts';
import type { EbsContext } from './context.ts';
import { createDisk } from './create-disk.ts';
import { diagnoseEbs } from './diagnose.ts';
import { findNamed } from './find/by-name.ts';
import { findAll } from './find/lists.ts';
import { foreseeDisk } from './foresee.ts';
import { lastDiskUses, noteDiskUse } from './last-use.ts';
import { purgeDisks } from './removal/purge.ts';
import { discardDisk, removeDisk } from './removal/remove.ts';
import { listRemovedDisks, renameRemovedDisk, undeleteDisk } from './removal/undelete.ts';
import { clearLeftovers, finishExchanges } from './snapshots/leftovers.ts';
import { isLostMount, stageVolume, unstageVolume } from './stage.ts';

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
  | 'modifications'
  | 'freeSpace'
  | 'attachments'
  | 'close'
>;

/** The backend's methods on a driver's EC2. */
export function ebsMethods(all: EbsContext, act: Act): Methods {
  const changedNames = createChangedNames();
  return {
    // With EC2, the storage cannot be the wrong one.
    expectVolumes: () => undefined,
    create: (volume, signal) =>
      act(`Volume ${volume.name} could not be created`, signal, (context) =>
        createDisk(context, volume, signal),
      ),
    foresee: (change, signal) =>
      act(doingOf(change), signal, (context) => foreseeDisk(context, change, signal)),
    discard: (volume, signal) =>
      act(`Volume ${volume.name} could not be discarded`, signal, (context) =>
        discardDisk(context, volume, signal),
      ),
    remove: (volume, signal) =>
      act(`Volume ${volume.name} could not be removed`, signal, (context) =>
        removeDisk(context, volume, signal),
      ),
    lookup: (name, signal) =>
      act(`Volume ${name} could not be looked up`, signal, async (context) => {
        const waiting = lingeringAs(context, parseVolumeName(name));
        if (waiting !== undefined) return waiting.record.volume;
        const { present, unreadable } = await findNamed(context, parseVolumeName(name), signal);
        return unreadable ?? present?.record.volume;
      }),
    list: (signal) =>
      act('The volumes could not be listed', signal, async (context) => {
        const { disks, volumes } = await findAll(context, signal);
        context.seen.keep(disks);
        return volumes.toSorted((a, b) => (a.name < b.name ? -1 : 1));
      }),
    changedNames: (known, signal) =>
      act('Changes by other hosts could not be read', signal, (context) =>
        changedNames(context, known, signal),
      ),
    stage: (volume, mountpoint, signal) =>
      act(`Volume ${volume.name} could not be mounted`, signal, (context) =>
        stageVolume(context, volume, mountpoint, signal),
      ),
    unstage: (volume, mountpoint, signal) =>
      act(`Volume ${volume.name} could not be unmounted`, signal, (context) =>
        unstageVolume(context, volume, mountpoint, signal),
      ),
    diagnose: (signal) => diagnoseEbs(all, signal),
    noteUse: (volumes, at, signal) =>
      act('The use of volumes could not be noted', signal, (context) =>
        noteDiskUse(context, volumes, at, signal),
      ),
    lastUses: (signal) =>
      act('When the volumes were last used could not be read', signal, (context) =>
        lastDiskUses(context, signal),
      ),
    isLost: (volume, mountpoint) => isLostMount(all, volume, mountpoint),
    listRemoved: (signal) =>
      act('The removed volumes could not be listed', signal, async (context) => {
        await finishExchanges(context, signal);
        return listRemovedDisks(context, signal);
      }),
    renameRemoved: (removed, name, signal) =>
      act(`Volume ${removed.volume.name} could not be brought back as ${name}`, signal, async (context) => {
        await finishExchanges(context, signal);
        return renameRemovedDisk(context, removed, name, signal);
      }),
    undelete: (removed, signal) =>
      act(`Volume ${removed.volume.name} could not be brought back`, signal, async (context) => {
        await finishExchanges(context, signal);
        return undeleteDisk(context, removed, signal);
      }),
    purge: (signal) =>
      act('The purge could not be finished', signal, async (context) => {
        await detachIdle(context, signal);
        await clearLeftovers(context, signal);
        return purgeDisks(context, signal);
      }),
  };
}
