import type { Volume } from '../../core/volume.ts';
import type { NotOffered } from '../backend.ts';
import { unstageFileSystem } from '../shared/file-system/staging.ts';
import { readOnly } from '../shared/options/directory-options.ts';
import type { CopiesOf, DataCopies } from '../shared/snapshots/data-copies.ts';
import { copiesOfDirectories } from './directory-copies.ts';
import { requireDetached } from './image-check.ts';
import { stageImage } from './image-staging.ts';
import type { RootParts } from './layout.ts';
import { kindOf } from './options.ts';
import type { Limits } from './quota/limits.ts';

/** Milliseconds that writers wait at most. */
const mostFrozen = 100;

export function createLocalCopies(parts: RootParts, limits: Pick<Limits, 'require'>): CopiesOf {
  const kinds = {
    image: copiesOfImages(parts),
    directory: copiesOfDirectories(parts),
    quota: {
      ...copiesOfDirectories(parts),
      requirePlace: (volume: Volume) => limits.require(`Volume ${volume.name} could not be created`),
    },
    adopted: notAdopted,
  };
  return (volume: Volume) => kinds[kindOf(volume)];
}

const notAdopted: NotOffered = {
  kind: 'none',
  why: 'an adopted directory belongs to somebody else, and may be anywhere: copy it with its own tools.',
};

function copiesOfImages({ host, files, layout }: RootParts): DataCopies {
  /** The root's file system does not change while the daemon runs. A failed look is repeated. */
  let sharesBlocks: Promise<boolean> | undefined;
  function canClone(): Promise<boolean> {
    sharesBlocks ??= files.canClone(layout.images).catch((error) => {
      sharesBlocks = undefined;
      throw error;
    });
    return sharesBlocks;
  }

  return {
    kind: 'copies',
    requirePlace: async () => undefined,
    async manner(seeData) {
      if (await canClone()) return { kind: 'instant' };
      const bytes = (await files.facts(await seeData()))?.allocated ?? 0;
      const wayOut = `put the driver's root ${layout.root} on xfs or btrfs, where a snapshot is made while the volume is in use`;
      return { kind: 'copy', bytes, isWhole: true, wayOut };
    },
    async copy({ volume, from, to, mountpoint }, signal, tell) {
      if (mountpoint !== undefined) {
        await files.cloneFrozen(from, to, { mountpoint, most: mostFrozen });
        return;
      }
      // A loop device would have it open. To look at each of the host's takes longer, the more there are.
      if (!(await files.hasNoWriter(from))) await requireDetached(host.mounts, from, `volume ${volume.name}`);
      return (await canClone()) ? files.clone(from, to) : files.copy(from, to, signal, tell);
    },
    async stage(volume, image, mountpoint, signal) {
      const bytes = (await files.facts(image))?.size ?? 0;
      const staged = { volume: readOnly(volume), image, bytes, mountpoint, notGrown: () => undefined };
      await stageImage({ host, files }, staged, signal);
    },
    unstage: (volume, mountpoint) => unstageFileSystem(host, volume, mountpoint),
  };
}
