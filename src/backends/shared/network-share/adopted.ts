import { dirname, join } from 'node:path';
import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { ownerOf } from '../options/directory-options.ts';
import type { DataKind } from '../recorded/data-kind.ts';
import type { OpenShare } from './open-share.ts';
import { stageDirectory, unstageDirectory } from './stage-directory.ts';

/** A directory of a share that is in use here. */
export interface AdoptedPlace {
  readonly open: OpenShare;
  /** Empty for the root of the share. */
  readonly directory: string;
}

/** Volumes that adopt an existing directory of a share, the driver's own or another: used as it is, and never deleted. */
export function createShareAdopted(placeOf: (volume: Volume) => AdoptedPlace): DataKind {
  const path = (volume: Volume) => {
    const { open, directory } = placeOf(volume);
    return join(open.base.path, directory);
  };

  async function requireDirectory(volume: Volume, doing: string): Promise<void> {
    const { open, directory } = placeOf(volume);
    const found = await open.files.facts(path(volume));
    if (found?.kind === 'directory') return;
    const what = found === undefined ? 'does not exist' : `is a ${found.kind}, not a directory`;
    const wayOut =
      found === undefined ? 'make it there, or add the option `create=true`' : 'name a directory';
    throw new VolumeError(
      'invalid',
      `${doing}: ${directory || 'the root'} of ${open.share.source} ${what}: ${wayOut}.`,
    );
  }

  return {
    madeUnder: 'id',
    async requireFree(volume, signal) {
      const { open } = placeOf(volume);
      const doing = `Volume ${volume.name} could not be created`;
      await open.use(doing, signal, async () => {
        const isMade =
          volume.options.create === 'true' && (await open.files.facts(path(volume))) === undefined;
        if (!isMade) await requireDirectory(volume, doing);
      });
    },
    async prepare(volume, signal) {
      const { open } = placeOf(volume);
      const doing = `Volume ${volume.name} could not be created`;
      await open.use(doing, signal, async () => {
        if (volume.options.create === 'true' && (await open.files.facts(path(volume))) === undefined) {
          await open.files.makeDirectory(dirname(path(volume)));
          await open.files.createDirectory(path(volume), ownerOf(volume));
        }
        await requireDirectory(volume, doing);
      });
      return volume;
    },
    unsynced: () => [],
    settle: async () => undefined,
    discard: async () => undefined,
    placeOf: (volume) => ({ kind: 'adopted', path: path(volume), files: placeOf(volume).open.files }),
    stage: (volume, mountpoint, signal) => {
      const { open, directory } = placeOf(volume);
      return stageDirectory(open, volume, directory, mountpoint, signal);
    },
    unstage: (volume, mountpoint) => unstageDirectory(placeOf(volume).open, volume, mountpoint),
  };
}
