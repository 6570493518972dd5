import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { ownerOf } from '../options/directory-options.ts';
import type { DataKind } from '../recorded/data-kind.ts';
import type { Registry } from '../recorded/registry.ts';
import { errnoOf } from '../storage-errors.ts';
import { ownedDirectory, parentsOf } from './claims.ts';
import { clientMemory } from './latest-registry.ts';
import type { ShareLayout } from './layout.ts';
import type { OpenShare } from './open-share.ts';
import { stageDirectory, unstageDirectory } from './stage-directory.ts';

/**
 * Volumes that are a directory of the driver's share. It is made under the volume's ID and moved to its place after the
 * record is written, so that two hosts that create one name at once do not collide: the record decides.
 */
export function createShareDirectories(home: OpenShare, layout: ShareLayout, registry: Registry): DataKind {
  const { files } = home;
  const place = (volume: Volume) => join(layout.root, subdirOf(volume));
  const refuseNested = createNestingCheck(home, layout, registry);

  /**
   * Its first place, which no other volume ever has, tells whether it was moved. A directory at the final place may still belong
   * to an earlier volume of that name that another host has removed.
   */
  async function settle(volume: Volume): Promise<void> {
    const [to, from] = [place(volume), layout.freshDirectory(volume)];
    // Mostly, it was made a moment ago, and nothing is in its way.
    if (await isMoved(from, to)) return;
    const own = await files.facts(from);
    const there = await files.facts(to);
    if (own === undefined && there === undefined) throw missing(volume, home, to);
    // Another host moved it; a GlusterFS client may not know yet that the first place is empty.
    if (own === undefined || own.inode === there?.inode) return;
    await files.makeDirectory(dirname(to));
    await onceForgotten('EEXIST', () => files.rename(from, to)).catch(async (error) => {
      // Another volume's directory got there in the meantime: a conflict, so that this volume's record is removed.
      if (errnoOf(error) === 'EEXIST') await refuseOccupied(home, volume, to);
      // Another host has settled it in the meantime.
      if (errnoOf(error) !== 'ENOENT') throw error;
    });
  }

  async function isMoved(from: string, to: string): Promise<boolean> {
    try {
      await files.rename(from, to);
      return true;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'EEXIST') return false;
      throw error;
    }
  }

  async function requireFree(volume: Volume): Promise<void> {
    await refuseOccupied(home, volume, place(volume));
    await refuseNested(volume);
  }

  return {
    madeUnder: 'id',
    requireFree,
    async prepare(volume) {
      await requireFree(volume);
      const fresh = layout.freshDirectory(volume);
      if (!(await files.createDirectory(fresh, ownerOf(volume))))
        await files.setOwner(fresh, ownerOf(volume));
      return volume;
    },
    unsynced: () => [],
    settle,
    discard: (volume) => files.removeDirectory(layout.freshDirectory(volume)),
    placeOf: (volume) => ({ kind: 'owned', paths: [place(volume), layout.freshDirectory(volume)] }),
    stage: (volume, mountpoint, signal) => stageDirectory(home, volume, subdirOf(volume), mountpoint, signal),
    unstage: (volume, mountpoint) => unstageDirectory(home, volume, mountpoint),
  };
}

/** The GlusterFS client may have reported an obsolete entry: tries again when its cache has expired. */
async function onceForgotten(code: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (errnoOf(error) !== code) throw error;
    await sleep(clientMemory);
    await work();
  }
}

function subdirOf(volume: Volume): string {
  return volume.options.subdir ?? volume.name;
}

/** The directory may be gone before the client knows it. */
async function refuseOccupied({ files, share }: OpenShare, volume: Volume, path: string): Promise<void> {
  if ((await files.facts(path)) === undefined) return;
  await sleep(clientMemory);
  const kind = (await files.facts(path))?.kind;
  if (kind === undefined) return;
  throw new VolumeError(
    'conflict',
    `Volume ${volume.name} could not be created: ${share.source} already has a ${kind} ${subdirOf(volume)}, and no volume's record names it. ` +
      `Adopt it with the option \`path=${subdirOf(volume)}\`, choose another \`subdir\`, or move it away.`,
  );
}

/**
 * A volume inside another one's directory would be removed with it. A parent that belonged to no volume once never will, because a
 * volume is never created in place of an existing directory.
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
    const above = listing?.volumes.find((other) => parents.includes(ownedDirectory(other) ?? ''));
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

function missing(volume: Volume, { share }: OpenShare, path: string): VolumeError {
  return new VolumeError(
    'unavailable',
    `Volume ${volume.name} could not be mounted: its directory ${subdirOf(volume)} is missing on ${share.source} (${path}): restore it, nothing was recreated.`,
  );
}
