import type { Volume } from '../../core/volume.ts';
import type { AuditedAct, BackendParts } from '../backend.ts';
import { createRegistry } from '../shared/registry.ts';
import type { RemovalParts } from '../shared/removal.ts';
import { createTemporaryFiles, type TemporaryFiles } from '../shared/temporary-files.ts';
import { createTrash } from '../shared/trash.ts';
import { createAdoptedPaths } from './adopted-paths.ts';
import type { DataKind } from './data-kind.ts';
import { createDirectoryVolumes } from './directory-volumes.ts';
import { createImageVolumes } from './image-volumes.ts';
import { createLayout, type Layout } from './layout.ts';
import { kindOf } from './options.ts';
import { createLocalRoot, type LocalRoot } from './root.ts';
import type { LocalSettings } from './settings.ts';

/** What the local backend's methods work with. */
export interface LocalContext extends RemovalParts {
  readonly files: BackendParts['host']['files'];
  readonly log: BackendParts['log'];
  readonly layout: Layout;
  readonly root: LocalRoot;
  readonly temporaryFiles: TemporaryFiles;
  /** IDs of the volumes being created now. */
  readonly inProgress: Set<string>;
  kindOf(volume: Volume): DataKind;
}

export function createLocalContext(parts: BackendParts, settings: LocalSettings): LocalContext {
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
  return {
    log,
    driver,
    audit,
    layout,
    files: host.files,
    now: () => host.now(),
    root: createLocalRoot(host, layout, settings.requireMount),
    registry: createRegistry(host.files, layout.registry),
    trash: createTrash(host.files, layout.trash),
    temporaryFiles: createTemporaryFiles(host.files, () => host.now()),
    inProgress: new Set(),
    kindOf: kind,
    placeOf: (volume) => kind(volume).placeOf(volume),
    onRemove: settings.onRemove,
    retention: settings.trashRetention,
  };
}
