import type { Volume } from '../../../core/volume.ts';
import { unreported } from '../../../core/waits/progress.ts';
import type { FilesBelow } from '../../../host/host.ts';
import type { BackendParts } from '../../definition.ts';
import { createHolds } from '../hold.ts';
import type { OnRemove } from '../removal-decisions.ts';
import { createCopyLock, type HostLock } from '../snapshots/copy-lock.ts';
import { clearCopies } from '../snapshots/leftovers.ts';
import type { OwnLayout } from './own-layout.ts';
import type { RecordedStorage } from './storage.ts';
import { createTemporaryFiles } from './temporary-files.ts';
import { createTrash } from './trash.ts';
import { createUseNotes } from './use-notes.ts';

type Own = 'registry' | 'root' | 'changedNames' | 'kindOf' | 'admit' | 'act' | 'holding';

/** The parts of such a storage that differ between backends. */
export interface StorageParts extends Pick<RecordedStorage, Own> {
  readonly parts: Pick<BackendParts, 'host' | 'log' | 'driver' | 'audit' | 'report'>;
  readonly files: FilesBelow;
  readonly layout: OwnLayout;
  readonly hostLock: HostLock;
  /** Retention in milliseconds. */
  readonly settings: { readonly onRemove: OnRemove; readonly trashRetention: number };
  /** Where the place of the data is an option: see `RecordedStorage.renamed`. */
  readonly renamed?: RecordedStorage['renamed'];
  /** Whether its data is somebody else's. */
  isAdopted(volume: Volume): boolean;
  /** Deletes data without a record that is not being made now; the argument is the IDs of the volumes being made. */
  clearUnrecorded(inProgress: ReadonlySet<string>): Promise<void>;
}

export function createRecordedStorage({
  parts: { host, log, driver, audit, report = unreported },
  files,
  layout,
  hostLock,
  settings: { onRemove, trashRetention },
  isAdopted,
  clearUnrecorded,
  renamed = (volume, name) => ({ ...volume, name }),
  ...own
}: StorageParts): RecordedStorage {
  const temporaryFiles = createTemporaryFiles(files, () => host.now());
  const useNotes = createUseNotes(files, layout.uses, () => host.now());
  const inProgress = new Set<string>();
  const copyLock = createCopyLock(hostLock);
  const placeOf: RecordedStorage['placeOf'] = (volume) => own.kindOf(volume).placeOf(volume);
  const trash = createTrash(files, layout.trash, { admit: own.admit, isAdopted });
  return {
    ...own,
    log,
    driver,
    audit,
    report,
    files,
    layout,
    now: () => host.now(),
    registryPath: layout.registry,
    trash,
    useNotes,
    inProgress,
    copyLock,
    placeOf,
    renamed,
    onRemove,
    retention: trashRetention,
    holds: createHolds(() => ({ boot: host.bootId, uptime: host.uptime() }), trashRetention),
    async clearLeftovers(signal) {
      await clearUnrecorded(inProgress);
      await clearCopies({ files, layout, registry: own.registry, trash, placeOf, copyLock }, signal);
      for (const directory of [layout.registry, layout.trash, layout.uses, layout.snapshots])
        await temporaryFiles.sweep(directory);
      await useNotes.sweep(await own.registry.names());
    },
  };
}
