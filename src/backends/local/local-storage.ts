import type { Volume } from '../../core/volume.ts';
import type { AuditedAct, BackendParts } from '../backend.ts';
import type { RecordedStorage } from '../shared/recorded-backend.ts';
import { createRegistry } from '../shared/registry.ts';
import { explained, refuseAborted } from '../shared/storage-errors.ts';
import { createTemporaryFiles } from '../shared/temporary-files.ts';
import { createTrash } from '../shared/trash.ts';
import { createAdoptedPaths } from './adopted-paths.ts';
import { createDirectoryVolumes } from './directory-volumes.ts';
import { createImageVolumes } from './image-volumes.ts';
import { createLayout } from './layout.ts';
import { clearNewImages } from './leftovers.ts';
import { kindOf } from './options.ts';
import { createLocalRoot } from './root.ts';
import type { LocalSettings } from './settings.ts';

export function createLocalStorage(parts: BackendParts, settings: LocalSettings): RecordedStorage {
  const { host, log, driver, audit } = parts;
  const layout = createLayout(settings.root);
  const record = (act: AuditedAct['act'], volume: Volume, evidence: string) =>
    audit({ act, driver, volume: volume.name, evidence });
  const kinds = {
    directory: createDirectoryVolumes(host, layout, record),
    image: createImageVolumes(host, layout, record),
    adopted: createAdoptedPaths(host, layout, settings.allowedRoots),
  };
  const kind = (volume: Volume) => kinds[kindOf(volume)];
  const root = createLocalRoot(host, layout, settings.requireMount);
  const registry = createRegistry(host.files, layout.registry);
  const temporaryFiles = createTemporaryFiles(host.files, () => host.now());
  const inProgress = new Set<string>();
  return {
    log,
    driver,
    audit,
    files: host.files,
    now: () => host.now(),
    root,
    registry,
    registryPath: layout.registry,
    trash: createTrash(host.files, layout.trash),
    inProgress,
    kindOf: kind,
    placeOf: (volume) => kind(volume).placeOf(volume),
    onRemove: settings.onRemove,
    retention: settings.trashRetention,
    act: ({ doing, signal, work }) =>
      explained(doing, layout.root, async () => {
        refuseAborted(signal, doing);
        return work(doing, signal);
      }),
    async clearLeftovers() {
      await clearNewImages({ files: host.files, layout, registry, inProgress });
      for (const directory of [layout.registry, layout.trash]) await temporaryFiles.sweep(directory);
    },
  };
}
