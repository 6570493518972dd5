import { join } from 'node:path';
import type { AuditedAct } from '../../core/audit.ts';
import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { bindVerified, takeDown } from '../shared/file-system/binding.ts';
import { ownerOf } from '../shared/options/directory-options.ts';
import type { DataKind, Staged } from '../shared/recorded/data-kind.ts';
import type { RootParts } from './layout.ts';

/** Volumes that are a directory in the root; on btrfs, a subvolume. */
export function createDirectoryVolumes(
  { host, files, layout }: RootParts,
  audit: (act: AuditedAct['act'], volume: Volume, evidence: string) => void,
): DataKind {
  const subvolumes = host.subvolumes(layout.root);

  async function prepare(volume: Volume): Promise<Volume> {
    const path = layout.directory(volume);
    // So that a copy is made in a moment.
    const made = (await subvolumes.areKnown(layout.root))
      ? await subvolumes.create(path, ownerOf(volume))
      : await files.createDirectory(path, ownerOf(volume), 'unsynced');
    if (made) return volume;
    await refuseOccupied({ host, files }, volume, path);
    audit('take-over', volume, `${path} existed without a record, a real and empty directory`);
    await files.setOwner(path, ownerOf(volume));
    return volume;
  }

  /** `prepare` can only have made an empty directory; rmdir proves that it is empty. */
  async function discard(volume: Volume): Promise<void> {
    const path = layout.directory(volume);
    if (await isEmptyDirectory({ host, files }, path)) await files.removeDirectory(path);
  }

  /** Resolved once: if the root is moved later, the bound directory differs from the one in the root. */
  let canonicalRoot: string | undefined;

  async function stage(volume: Volume, mountpoint: string): Promise<Staged> {
    canonicalRoot ??= (await host.files.realPath(layout.root)) ?? layout.root;
    try {
      return await bindVerified(host, {
        volume,
        source: join(canonicalRoot, volume.name),
        data: layout.directory(volume),
        mountpoint,
        over: 'bare',
      });
    } catch (error) {
      canonicalRoot = undefined;
      throw error;
    }
  }

  return {
    madeUnder: 'name',
    async requireFree(volume) {
      const path = layout.directory(volume);
      if ((await files.facts(path)) !== undefined) await refuseOccupied({ host, files }, volume, path);
    },
    prepare,
    unsynced: (volume) => [layout.directory(volume), layout.root],
    settle: async () => undefined,
    discard,
    placeOf: (volume) => ({ kind: 'owned', paths: [layout.directory(volume)] }),
    stage,
    unstage: (volume, mountpoint) => takeDown(host, volume, mountpoint),
  };
}

type Looks = Pick<RootParts, 'host' | 'files'>;

async function refuseOccupied(parts: Looks, volume: Volume, path: string): Promise<void> {
  if (await isEmptyDirectory(parts, path)) return;
  const kind = (await parts.files.facts(path))?.kind;
  const found = kind === 'directory' ? 'a directory that is not empty' : `a ${kind}`;
  throw new VolumeError(
    'conflict',
    `Volume ${volume.name} could not be created: ${path} already exists (${found}), and no volume's record names it. ` +
      'Move it away, or adopt it with the option `path` from a place below `allowedRoots`.',
  );
}

async function isEmptyDirectory({ host, files }: Looks, path: string): Promise<boolean> {
  if ((await files.facts(path))?.kind !== 'directory') return false;
  if ((await host.mounts.at(path)).kind === 'mounted') return false;
  return (await files.list(path))?.length === 0;
}
