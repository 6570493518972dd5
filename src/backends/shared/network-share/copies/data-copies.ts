import { relative } from 'node:path';
import type { Volume } from '../../../../core/volume.ts';
import { VolumeError } from '../../../../core/volume-error.ts';
import type { NotOffered } from '../../../backend.ts';
import { bindVerified, takeDown } from '../../file-system/binding.ts';
import { readOnly } from '../../options/directory-options.ts';
import { type CopiesOf, type DataCopies, partElsewhere } from '../../snapshots/data-copies.ts';
import type { OpenShare } from '../open-share.ts';
import { isAdopted } from '../plan.ts';

/** The count of a directory stops here: it only has to tell whether there is room. */
const countLimits = { entries: 200_000, milliseconds: 5_000 };

const notAdopted: NotOffered = {
  kind: 'none',
  why: 'an adopted directory belongs to somebody else: copy it on the server, or with its own tools.',
};

/** Volumes on a share are copied within it, by its server where it can do that. */
export function createShareCopies(home: OpenShare, requirePlace: DataCopies['requirePlace']): CopiesOf {
  const copies = copiesOfDirectories(home, requirePlace);
  return ({ options }) => (isAdopted(options) ? notAdopted : copies);
}

function copiesOfDirectories(
  { files, binding, base, share }: OpenShare,
  requirePlace: DataCopies['requirePlace'],
): DataCopies {
  return {
    kind: 'copies',
    requirePlace,
    async manner(seeData, signal) {
      const data = await seeData();
      const {
        usedBytes = 0,
        usedInodes = 0,
        isWhole = false,
        elsewhere,
      } = (await files.count(data, countLimits, signal)) ?? {};
      if (elsewhere !== undefined) return partElsewhere(data, elsewhere);
      const wayOut = `make a snapshot of ${share.source} on its server`;
      return { kind: 'copy', bytes: usedBytes, entries: usedInodes, isWhole, wayOut, canBeLive: true };
    },
    copy: ({ from, to, isLive }, signal, tell) =>
      isLive ? files.copyInUse(from, to, signal, tell) : files.copy(from, to, signal, tell),
    async stage(volume, data, mountpoint) {
      const source = base.canonical(relative(base.path, data));
      const shown = { volume: readOnly(volume), source, data, mountpoint, over: 'bare' } as const;
      if ((await bindVerified(binding, shown)) === 'no-data') throw gone(volume, data);
    },
    unstage: (volume, mountpoint) => takeDown(binding, volume, mountpoint),
  };
}

function gone({ name }: Volume, data: string): VolumeError {
  return new VolumeError('not-found', `The snapshot of volume ${name} at ${data} is gone.`);
}
