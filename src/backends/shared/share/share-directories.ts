import { dirname, join } from 'node:path';
import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { DataKind } from '../data-kind.ts';
import { ownerOf } from '../directory-options.ts';
import type { Registry } from '../registry.ts';
import { errnoOf } from '../storage-errors.ts';
import type { OpenShare } from './open-share.ts';
import type { ShareLayout } from './share-layout.ts';
import { stageDirectory, unstageDirectory } from './stage-directory.ts';

/**
 * Volumes that are a directory of the driver's share. It is made under the volume's ID and moved to its place after the record
 * is written, so that two hosts that create one name at once do not meet: the record decides.
 */
export function createShareDirectories(home: OpenShare, layout: ShareLayout, registry: Registry): DataKind {
  const { files } = home;
  const place = (volume: Volume) => join(layout.root, subdirOf(volume));
  const refuseNested = createNestingCheck(home, layout, registry);

  async function settle(volume: Volume): Promise<void> {
    const [to, from] = [place(volume), layout.freshDirectory(volume)];
    if ((await files.facts(to)) !== undefined) return;
    if ((await files.facts(from)) === undefined) {
      // Another host may have settled it since the first look.
      if ((await files.facts(to)) !== undefined) return;
      throw missing(volume, home, to);
    }
    await files.makeDirectory(dirname(to));
    await files.rename(from, to).catch((error) => {
      if (errnoOf(error) !== 'ENOENT') throw error;
    });
  }

  return {
    madeUnder: 'id',
    async prepare(volume) {
      await refuseOccupied(home, volume, place(volume));
      await refuseNested(volume);
      const fresh = layout.freshDirectory(volume);
      if (!(await files.createDirectory(fresh, ownerOf(volume))))
        await files.setOwner(fresh, ownerOf(volume));
    },
    settle,
    discard: (volume) => files.removeDirectory(layout.freshDirectory(volume)),
    placeOf: (volume) => ({ kind: 'owned', paths: [place(volume), layout.freshDirectory(volume)] }),
    stage: (volume, mountpoint, signal) => stageDirectory(home, volume, subdirOf(volume), mountpoint, signal),
    unstage: (volume, mountpoint) => unstageDirectory(home, volume, mountpoint),
  };
}

function subdirOf(volume: Volume): string {
  return volume.options.subdir ?? volume.name;
}

async function refuseOccupied({ files, share }: OpenShare, volume: Volume, path: string): Promise<void> {
  const kind = (await files.facts(path))?.kind;
  if (kind === undefined) return;
  throw new VolumeError(
    'conflict',
    `Volume ${volume.name} could not be created: there is a ${kind} ${subdirOf(volume)} on ${share.source} already, and no volume's record names it. ` +
      `Adopt it with \`-o path=${subdirOf(volume)}\`, choose another \`subdir\`, or move it away.`,
  );
}

/**
 * A volume inside another one's directory would go with it. Parents found to be nobody's once stay so, since a volume is
 * never created where a directory is.
 */
function createNestingCheck(
  home: OpenShare,
  layout: ShareLayout,
  registry: Registry,
): (volume: Volume) => Promise<void> {
  const free = new Set<string>();
  return async (volume) => {
    const parents = parentsOf(subdirOf(volume)).filter((parent) => !free.has(parent));
    if (parents.length === 0) return;
    const listing = await registry.list(AbortSignal.timeout(60_000));
    const above = listing?.volumes.find((other) => parents.includes(subdirOf(other)));
    if (above !== undefined) {
      throw new VolumeError(
        'conflict',
        `Volume ${volume.name} could not be created: its directory ${subdirOf(volume)} would be inside that of volume ${above.name}. Choose another \`subdir\`.`,
      );
    }
    for (const parent of parents) {
      if ((await home.files.facts(join(layout.root, parent))) !== undefined) free.add(parent);
    }
  };
}

/** "a/b", "a" of "a/b/c". */
function parentsOf(path: string): readonly string[] {
  const parents: string[] = [];
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
    parents.push(path.slice(0, at));
  return parents;
}

function missing(volume: Volume, { share }: OpenShare, path: string): VolumeError {
  return new VolumeError(
    'unavailable',
    `Volume ${volume.name} could not be mounted: its directory ${subdirOf(volume)} is missing on ${share.source} (${path}): restore it, nothing was recreated.`,
  );
}
