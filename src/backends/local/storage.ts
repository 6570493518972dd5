import type { AuditedAct } from '../../core/audit.ts';
import type { Volume } from '../../core/volume.ts';
import type { BackendParts } from '../definition.ts';
import { admitBy } from '../shared/options/recorded-options.ts';
import { createRecordedStorage } from '../shared/recorded/create-storage.ts';
import { createRegistry } from '../shared/recorded/registry.ts';
import type { RecordedStorage } from '../shared/recorded/storage.ts';
import { noOtherHosts } from '../shared/snapshots/copy-lock.ts';
import { explained, refuseAborted } from '../shared/storage-errors.ts';
import { type Allowed, createAdoptedPaths } from './adopted-paths.ts';
import { createDirectoryVolumes } from './directory-volumes.ts';
import { createImageVolumes } from './image-volumes.ts';
import { createLayout } from './layout.ts';
import { clearNewImages } from './leftovers.ts';
import { fitOptions, kindOf, localOptions } from './options.ts';
import { createQuotaVolumes } from './quota/limited-volumes.ts';
import type { Limits } from './quota/limits.ts';
import { createLocalRoot } from './root.ts';
import { type LocalSettings, requiredMounts } from './settings.ts';

export function allowedBy(parts: BackendParts, { allowedRoots }: LocalSettings): Allowed {
  return { roots: allowedRoots, place: parts.placeOf('allowedRoots') };
}

export function createLocalStorage(
  parts: BackendParts,
  settings: LocalSettings,
  limits: Limits,
): RecordedStorage {
  const { host, log, driver, audit } = parts;
  const layout = createLayout(settings.root);
  const files = host.files.below(layout.root);
  /** Nobody removes these while the daemon works. */
  const fixed = [layout.root, layout.own, layout.registry, layout.trash, layout.images, layout.snapshots];
  const allowed = allowedBy(parts, settings);
  const admit = admitBy(localOptions, (where, _, completed) => fitOptions(where, completed, allowed));
  const record = (act: AuditedAct['act'], volume: Volume, evidence: string) =>
    audit({ act, driver, volume: volume.name, evidence });
  const registry = createRegistry(files, layout.registry, admit);
  const directories = createDirectoryVolumes({ host, files, layout }, record);
  const kinds = {
    directory: directories,
    quota: createQuotaVolumes({ host, files, layout, limits, registry, directories }),
    image: createImageVolumes({ host, files, layout }, parts, record, (volume, error) =>
      log.write('warn', 'volume-not-grown', { driver, volume: volume.name, error }),
    ),
    adopted: createAdoptedPaths(host, layout, settings, allowed),
  };
  const kind = (volume: Volume) => kinds[kindOf(volume)];
  const root = createLocalRoot({ host, files, layout }, log, requiredMounts(settings));
  return createRecordedStorage({
    parts,
    files,
    layout,
    settings,
    root,
    registry,
    changedNames: async () => [],
    hostLock: noOtherHosts,
    holding: (directories, work) => host.files.holding(layout.root, directories, work),
    kindOf: kind,
    admit,
    act: ({ doing, signal, work }) =>
      explained(doing, layout.root, async () => {
        refuseAborted(signal, doing);
        return host.files.holding(layout.root, fixed, () => work(doing, signal));
      }),
    isAdopted: (volume) => kindOf(volume) === 'adopted',
    clearUnrecorded: (inProgress) => clearNewImages({ files, layout, registry, inProgress }),
  });
}
