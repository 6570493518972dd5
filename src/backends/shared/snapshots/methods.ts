import { isUnreadableSnapshot, type KnownSnapshot, type Snapshot } from '../../../core/protect/snapshot.ts';
import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { CloneSource, CopyManner, Snapshots } from '../../backend.ts';
import type { RecordedStorage } from '../recorded/storage.ts';
import { cloneVolume, foreseeClone, seeData } from './clone.ts';
import type { CopiesOf } from './data-copies.ts';
import { copyPlaces, isVolumeId } from './places.ts';
import { createSnapshotRecords } from './records.ts';
import { foreseeRollback, rollbackVolume } from './rollback.ts';
import { foreseeSnapshot, removeSnapshot, takeSnapshot } from './take.ts';

/** Snapshots of a storage that records its volumes in files beside their data. */
export function recordedSnapshots(storage: RecordedStorage, copiesOf: CopiesOf): Snapshots {
  const records = createSnapshotRecords(storage.files, storage.admit);
  const parts = { storage, records, copiesOf };
  const { act, copyLock } = storage;

  return {
    kind: 'kept',
    copies: {
      kind: 'none',
      why: 'this backend keeps snapshots beside their volumes only: for a copy elsewhere, make a backup (docs/backup.md).',
    },
    manner: (volume, signal) =>
      act({
        doing: `How volume ${volume.name} is copied could not be seen`,
        signal,
        kind: 'look',
        work: (doing) => mannerOf(storage, copiesOf, storage.admit(volume), doing, signal),
      }),
    take: (snapshot, mountpoint, signal) =>
      act({
        doing: `Snapshot ${snapshot.name} of volume ${snapshot.volume.name} could not be made`,
        signal,
        kind: 'change',
        work: (doing) =>
          copyLock.hold([snapshot.volume.id], doing, signal, (until) =>
            storage.holding([directoryOf(storage, snapshot)], () =>
              takeSnapshot(parts, snapshot, mountpoint, until),
            ),
          ),
      }),
    foreseeTake: (snapshot, mountpoint, signal) =>
      act({
        doing: `Snapshot ${snapshot.name} of volume ${snapshot.volume.name} could not be made`,
        signal,
        kind: 'look',
        work: () => foreseeSnapshot(parts, snapshot, mountpoint, signal),
      }),
    list: (volume, signal) =>
      act({
        doing: 'The snapshots could not be listed',
        signal,
        kind: 'look',
        work: async (doing) => {
          if (!(await storage.root.exists(doing, signal))) return [];
          const ids = volume === undefined ? await volumeIds(storage) : [volume.id];
          const found: KnownSnapshot[] = [];
          for (const id of ids)
            found.push(...(await records.list(copyPlaces(storage.layout.snapshots, id), id, signal)));
          return found.sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1));
        },
      }),
    remove: (snapshot, signal) =>
      act({
        doing: `Snapshot ${snapshot.name} of volume ${snapshot.volume.name} could not be removed`,
        signal,
        kind: 'change',
        work: async (doing) => {
          if (!(await storage.root.exists(doing, signal))) return;
          await copyLock.hold([snapshot.volume.id], doing, signal, (until) =>
            removeSnapshot(parts, snapshot, until),
          );
        },
      }),
    stage: (snapshot, mountpoint, signal) =>
      act({
        doing: `Snapshot ${snapshot.name} of volume ${snapshot.volume.name} could not be read`,
        signal,
        kind: 'change',
        work: async (doing) => {
          const { volume, name } = snapshot;
          const copies = copiesOf(storage.admit(volume));
          if (copies.kind === 'none') throw new VolumeError('invalid', `${doing}: ${copies.why}`);
          await copies.stage(
            volume,
            copyPlaces(storage.layout.snapshots, volume.id).data(name),
            mountpoint,
            signal,
          );
        },
      }),
    unstage: async ({ volume }, mountpoint) => {
      const copies = copiesOf(volume);
      if (copies.kind !== 'none') await copies.unstage(volume, mountpoint);
    },
    foreseeClone: (volume, source, signal) =>
      act({
        doing: `Volume ${volume.name} could not be created`,
        signal,
        kind: 'look',
        work: () => foreseeClone(parts, volume, source, signal),
      }),
    clone: (volume, source, signal) =>
      act({
        doing: `Volume ${volume.name} could not be created`,
        signal,
        kind: 'change',
        work: (doing) =>
          copyLock.hold([volume.id, sourceId(source)], doing, signal, (until) =>
            cloneVolume(parts, volume, source, until),
          ),
      }),
    rollback: (volume, snapshot, keptAs, signal) =>
      act({
        doing: `Volume ${volume.name} could not be rolled back`,
        signal,
        kind: 'change',
        work: (doing) =>
          copyLock.hold([volume.id], doing, signal, (until) =>
            rollbackVolume(parts, storage.admit(volume), snapshot, keptAs, until),
          ),
      }),
    foreseeRollback: (volume, snapshot, signal) =>
      act({
        doing: `Volume ${volume.name} could not be rolled back`,
        signal,
        kind: 'look',
        work: () => foreseeRollback(parts, storage.admit(volume), snapshot, signal),
      }),
  };
}

async function mannerOf(
  storage: RecordedStorage,
  copiesOf: CopiesOf,
  volume: Volume,
  doing: string,
  signal: AbortSignal,
): Promise<CopyManner> {
  const copies = copiesOf(volume);
  if (copies.kind === 'none') return copies;
  await storage.root.requireThere(doing);
  return copies.manner(() => seeData(storage, volume, doing), signal);
}

/** Nobody removes it while the volume's lock is held. */
function directoryOf({ layout }: RecordedStorage, { volume }: Snapshot): string {
  return copyPlaces(layout.snapshots, volume.id).directory;
}

function sourceId(source: CloneSource): string {
  return source.kind === 'volume' ? source.volume.id : source.snapshot.volume.id;
}

async function volumeIds({ files, layout }: RecordedStorage): Promise<readonly string[]> {
  return ((await files.list(layout.snapshots)) ?? []).filter(isVolumeId);
}

function timeOf(snapshot: KnownSnapshot): string {
  return isUnreadableSnapshot(snapshot) ? '' : snapshot.createdAt;
}
