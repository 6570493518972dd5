import { dirname, join } from 'node:path';
import type { VolumeName } from '../../../core/names.ts';
import type { Volume } from '../../../core/volume.ts';
import type { BackendParts } from '../../definition.ts';
import { admitBy } from '../options/recorded-options.ts';
import { createRecordedStorage } from '../recorded/create-storage.ts';
import { watchRegistry } from '../recorded/registry-changes.ts';
import type { Attempt, RecordedStorage } from '../recorded/storage.ts';
import type { CopiesOf } from '../snapshots/data-copies.ts';
import { explained, refuseAborted } from '../storage-errors.ts';
import { givenUp } from '../until-aborted.ts';
import { type AdoptedPlace, createShareAdopted } from './adopted.ts';
import { createClaimedRegistry } from './claimed-registry.ts';
import { createShareCopies } from './copies/data-copies.ts';
import { createHostLock } from './copies/lock.ts';
import { createShareDirectories } from './directories.ts';
import { shareExplained } from './errors.ts';
import { createLatestRegistry } from './latest-registry.ts';
import { createShareLayout } from './layout.ts';
import { createLeftovers } from './leftovers.ts';
import { createLimitedDirectories, type LimitedParts } from './limited-directories.ts';
import { type OpenShare, openShare } from './open-share.ts';
import { fitShareOptions, isAdopted, isLimited } from './plan.ts';
import { createShareRoot } from './root.ts';
import type { Share, ShareKind } from './share.ts';

export interface ShareStorage {
  readonly storage: RecordedStorage;
  readonly copiesOf: CopiesOf;
  /** The share that has the registry. */
  readonly home: OpenShare;
  /** How its directories are limited; undefined if they cannot be. */
  readonly limited: LimitedParts | undefined;
  /** The share that has the volume's data. */
  openOf(volume: Volume): OpenShare;
  /** The shares used so far. */
  all(): Iterable<OpenShare>;
}

export function createShareStorage(parts: BackendParts, kind: ShareKind): ShareStorage {
  const { host } = parts;
  const shares = createOpenShares(parts);
  const home = shares.of(kind.home);
  const layout = createShareLayout(home.base.path);
  const admit = admitBy(kind.table, (where, name, completed) =>
    fitShareOptions(where, name, completed, kind),
  );
  const registry = createClaimedRegistry(
    createLatestRegistry(home.files, layout.registry, admit),
    layout.registry,
  );
  const clearFresh = createLeftovers(home.files, layout, registry, () => host.now());

  function adoptedPlace(volume: Volume): AdoptedPlace {
    const { path, share } = volume.options;
    if (share === undefined) return { open: home, directory: path ?? '' };
    const place = kind.locate(share);
    return { open: shares.of(place.share), directory: place.directory };
  }

  const openOf = (volume: Volume) => (isAdopted(volume.options) ? adoptedPlace(volume).open : home);
  const limited = limitedBy(kind, { home, layout, registry });
  const directories = createShareDirectories(home, layout, registry);
  const kinds = {
    directory: directories,
    limited: limited === undefined ? directories : createLimitedDirectories(limited, directories),
    adopted: createShareAdopted(adoptedPlace),
  };
  const kindOf = ({ options }: Volume) => {
    if (isAdopted(options)) return kinds.adopted;
    return isLimited(options) ? kinds.limited : kinds.directory;
  };

  function act<T>({ doing, signal, kind: reach, volume, work }: Attempt<T>): Promise<T> {
    const open = volume === undefined ? home : openOf(volume);
    return explained(doing, open.share.source, async () => {
      refuseAborted(signal, doing);
      if (reach === 'local') return work(doing, signal);
      const done = shareExplained(doing, open, () => open.use(doing, signal, () => work(doing, signal)));
      return reach === 'look' ? givenUp(done, doing, signal) : done;
    });
  }

  return {
    home,
    limited,
    openOf,
    all: shares.all,
    copiesOf: createShareCopies(home, (volume, signal) => kindOf(volume).requireFree(volume, signal)),
    storage: createRecordedStorage({
      parts,
      files: home.files,
      layout,
      settings: { onRemove: kind.onRemove, trashRetention: kind.retention },
      root: createShareRoot(home, layout),
      registry,
      hostLock: createHostLock({
        files: home.files,
        directory: layout.snapshots,
        host,
        place: parts.workDir,
      }),
      // Its directories are opened in the process of its server.
      holding: (_directories, work) => work(),
      changedNames: watchRegistry(home.files, layout.registry),
      kindOf,
      admit,
      act,
      isAdopted: (volume) => isAdopted(volume.options),
      renamed: renamedBeside,
      clearUnrecorded: clearFresh,
    }),
  };
}

function limitedBy({ limits }: ShareKind, parts: Omit<LimitedParts, 'limits'>): LimitedParts | undefined {
  return limits === 'none' ? undefined : { ...parts, limits: limits(parts.home) };
}

/** Its directory stays beside where it was: that parent is there, and is in no other volume. */
function renamedBeside(volume: Volume, name: VolumeName): Volume {
  const { options } = volume;
  if (options.subdir === undefined) return { ...volume, name };
  return { ...volume, name, options: { ...options, subdir: join(dirname(options.subdir), name) } };
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
