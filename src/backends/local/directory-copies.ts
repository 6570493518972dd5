import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { CopyManner } from '../backend.ts';
import { bindVerified, takeDown } from '../shared/file-system/binding.ts';
import { readOnly } from '../shared/options/directory-options.ts';
import { type DataCopies, partElsewhere } from '../shared/snapshots/data-copies.ts';
import type { RootParts } from './layout.ts';

/** The count of a directory stops here: it only has to tell whether there is room. */
const countLimits = { entries: 200_000, milliseconds: 5_000 };

/** A subvolume of btrfs is copied by the kernel, in a moment. Any other directory is copied file by file. */
export function copiesOfDirectories({ host, files, layout }: RootParts): DataCopies {
  const subvolumes = host.subvolumes(layout.root);

  async function mannerOfTree(data: string, signal: AbortSignal): Promise<CopyManner> {
    const count = await files.count(data, countLimits, signal);
    const wayOut = `use volumes with a \`size\`, on a root (${layout.root}) with xfs or btrfs, where a snapshot is made while the volume is in use`;
    const { usedBytes = 0, usedInodes = 0, isWhole = false, elsewhere } = count ?? {};
    if (elsewhere !== undefined) return partElsewhere(data, elsewhere);
    return { kind: 'copy', bytes: usedBytes, entries: usedInodes, isWhole, wayOut, canBeLive: true };
  }

  return {
    kind: 'copies',
    requirePlace: async () => undefined,
    async manner(seeData, signal) {
      const data = await seeData();
      if (!(await subvolumes.isOne(data))) return mannerOfTree(data, signal);
      const nested = await subvolumes.within(data);
      return nested.length === 0 ? { kind: 'instant' } : { kind: 'none', why: leftOut(data, nested) };
    },
    async copy({ from, to, access, isLive }, signal, tell) {
      if (await subvolumes.isOne(from)) return subvolumes.snapshot(from, to, access);
      return isLive ? files.copyInUse(from, to, signal, tell) : files.copy(from, to, signal, tell);
    },
    async stage(volume, data, mountpoint) {
      const source = (await host.files.realPath(data)) ?? data;
      const shown = { volume: readOnly(volume), source, data, mountpoint, over: 'bare' } as const;
      if ((await bindVerified(host, shown)) === 'no-data') throw gone(volume, data);
    },
    unstage: (volume, mountpoint) => takeDown(host, volume, mountpoint),
  };
}

const mostNamed = 3;

/** The copy would be without them, and look whole. */
function leftOut(data: string, nested: readonly string[]): string {
  const named = nested.slice(0, mostNamed).join(', ');
  const others = nested.length > mostNamed ? ` and ${nested.length - mostNamed} more` : '';
  return `a container has made btrfs subvolumes in its data (${named}${others} in ${data}), which a copy would leave out: delete them with \`btrfs subvolume delete\`, or make directories of them.`;
}

function gone({ name }: Volume, data: string): VolumeError {
  return new VolumeError('not-found', `The snapshot of volume ${name} at ${data} is gone.`);
}
