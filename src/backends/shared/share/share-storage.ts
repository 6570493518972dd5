import type { Volume } from '../../../core/volume.ts';
import type { BackendParts } from '../../backend.ts';
import type { Attempt, RecordedStorage } from '../recorded-backend.ts';
import { explained, refuseAborted } from '../storage-errors.ts';
import { createTemporaryFiles } from '../temporary-files.ts';
import { createTrash } from '../trash.ts';
import { givenUp } from './given-up.ts';
import { createLatestRegistry } from './latest-registry.ts';
import { type OpenShare, openShare } from './open-share.ts';
import type { Share, ShareKind } from './share.ts';
import { type AdoptedPlace, createShareAdopted } from './share-adopted.ts';
import { createShareDirectories } from './share-directories.ts';
import { shareExplained } from './share-errors.ts';
import { createShareLayout } from './share-layout.ts';
import { createLeftovers } from './share-leftovers.ts';
import { isAdopted } from './share-plan.ts';
import { createShareRoot } from './share-root.ts';

export interface ShareStorage {
  readonly storage: RecordedStorage;
  /** The share that has the volume's data. */
  openOf(volume: Volume): OpenShare;
  /** Those that were in use so far. */
  all(): Iterable<OpenShare>;
}

export function createShareStorage(parts: BackendParts, kind: ShareKind): ShareStorage {
  const { host, log, driver, audit } = parts;
  const shares = createOpenShares(parts);
  const home = shares.of(kind.home);
  const layout = createShareLayout(home.base.path);
  const registry = createLatestRegistry(home.files, layout.registry);
  const temporaryFiles = createTemporaryFiles(home.files, () => host.now());
  const clearFresh = createLeftovers(home.files, layout, registry, () => host.now());

  function adoptedPlace(volume: Volume): AdoptedPlace {
    const { path, share } = volume.options;
    if (share === undefined) return { open: home, directory: path ?? '' };
    const place = kind.locate(share);
    return { open: shares.of(place.share), directory: place.directory };
  }

  const openOf = (volume: Volume) => (isAdopted(volume.options) ? adoptedPlace(volume).open : home);
  const kinds = {
    directory: createShareDirectories(home, layout, registry),
    adopted: createShareAdopted(adoptedPlace),
  };
  const kindOf = (volume: Volume) => (isAdopted(volume.options) ? kinds.adopted : kinds.directory);

  function act<T>({ doing, signal, kind: reach, volume, work }: Attempt<T>): Promise<T> {
    const open = volume === undefined ? home : openOf(volume);
    return explained(doing, open.share.source, async () => {
      refuseAborted(signal, doing);
      if (reach === 'local') return work(doing, signal);
      const done = shareExplained(doing, open.share, () =>
        open.use(doing, signal, () => work(doing, signal)),
      );
      return reach === 'look' ? givenUp(done, doing, signal) : done;
    });
  }

  return {
    openOf,
    all: shares.all,
    storage: {
      log,
      driver,
      audit,
      files: home.files,
      now: () => host.now(),
      root: createShareRoot(home, layout),
      registry,
      registryPath: layout.registry,
      trash: createTrash(home.files, layout.trash),
      inProgress: new Set(),
      kindOf,
      placeOf: (volume) => kindOf(volume).placeOf(volume),
      onRemove: kind.onRemove,
      retention: kind.retention,
      act,
      async clearLeftovers() {
        await clearFresh();
        for (const directory of [layout.registry, layout.trash]) await temporaryFiles.sweep(directory);
      },
    },
  };
}

interface OpenShares {
  of(share: Share): OpenShare;
  all(): Iterable<OpenShare>;
}

/** Each share is mounted once, when it is first needed. */
function createOpenShares({ host, workDir, driver, log }: BackendParts): OpenShares {
  const open = new Map<string, OpenShare>();
  return {
    of(share) {
      const found = open.get(share.source);
      if (found !== undefined) return found;
      const made = openShare({ share, host, directory: workDir, driver, log });
      open.set(share.source, made);
      return made;
    },
    all: () => open.values(),
  };
}
