import type { Snapshots } from '../../backend.ts';
import type { Act } from '../act.ts';
import { stageSnapshot, unstageSnapshot } from './aside.ts';
import { cloneVolume, foreseeClone } from './clone.ts';
import { copyingOf, copySnapshot, foreseeCopy } from './copy.ts';
import { findSnapshots, namedOnce } from './find.ts';
import { foreseeRollback, rollbackVolume } from './rollback.ts';
import { foreseeTake, removeSnapshot, takeSnapshot } from './take.ts';

/** Snapshots of EC2: of the moment of the request, whoever uses the volume, and kept by AWS apart from it. */
export function ebsSnapshots(act: Act): Snapshots {
  return {
    kind: 'kept',
    copies: {
      kind: 'copies',
      copy: (snapshot, place, signal) =>
        act(copyingOf(snapshot, place), signal, (context) => copySnapshot(context, snapshot, place, signal)),
      foresee: (snapshot, place, signal) =>
        act(copyingOf(snapshot, place), signal, (context) => foreseeCopy(context, snapshot, place, signal)),
    },
    manner: async () => ({ kind: 'instant' }),
    take: (snapshot, mountpoint, signal) =>
      act(
        `Snapshot ${snapshot.name} of volume ${snapshot.volume.name} could not be made`,
        signal,
        (context) => takeSnapshot(context, snapshot, mountpoint, signal),
      ),
    foreseeTake: (snapshot, _, signal) =>
      act(
        `Snapshot ${snapshot.name} of volume ${snapshot.volume.name} could not be made`,
        signal,
        async (context) => void (await foreseeTake(context, snapshot, signal)),
      ),
    stage: (snapshot, mountpoint, signal) =>
      act(
        `Snapshot ${snapshot.name} of volume ${snapshot.volume.name} could not be read`,
        signal,
        (context) => stageSnapshot(context, snapshot, mountpoint, signal),
      ),
    unstage: (snapshot, mountpoint, signal) =>
      act(
        `Snapshot ${snapshot.name} of volume ${snapshot.volume.name} could not be unmounted`,
        signal,
        (context) => unstageSnapshot(context, snapshot, mountpoint, signal),
      ),
    foreseeRollback: (volume, snapshot, signal) =>
      act(`Volume ${volume.name} could not be rolled back`, signal, (context) =>
        foreseeRollback(context, volume, snapshot, signal),
      ),
    list: (volume, signal) =>
      act('The snapshots could not be listed', signal, async (context) =>
        namedOnce(await findSnapshots(context, volume?.id, signal)),
      ),
    remove: (snapshot, signal) =>
      act(
        `Snapshot ${snapshot.name} of volume ${snapshot.volume.name} could not be removed`,
        signal,
        (context) => removeSnapshot(context, snapshot, signal),
      ),
    foreseeClone: (volume, source, signal) =>
      act(`Volume ${volume.name} could not be created`, signal, (context) =>
        foreseeClone(context, volume, source, signal),
      ),
    clone: (volume, source, signal) =>
      act(`Volume ${volume.name} could not be created`, signal, (context) =>
        cloneVolume(context, volume, source, signal),
      ),
    rollback: (volume, snapshot, keptAs, signal) =>
      act(`Volume ${volume.name} could not be rolled back`, signal, (context) =>
        rollbackVolume(context, volume, snapshot, keptAs, signal),
      ),
  };
}
