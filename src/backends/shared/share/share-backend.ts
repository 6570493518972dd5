import { parseVolumeName } from '../../../core/names.ts';
import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { Backend, BackendParts } from '../../backend.ts';
import { completeOptions, readSources } from '../complete-options.ts';
import { recordedMethods } from '../recorded-backend.ts';
import type { ShareKind } from './share.ts';
import { builtInShareOptions } from './share-options.ts';
import { fitShareOptions } from './share-plan.ts';
import { createShareStorage } from './share-storage.ts';
import { isDead, wantedAlone } from './stage-directory.ts';

/** A backend whose volumes are directories on shares: all that NFS and GlusterFS have in common. */
export function createShareBackend(parts: BackendParts, kind: ShareKind): Backend {
  const sources = readSources(kind.table, builtInShareOptions, parts.defaults, parts.profiles);
  const { storage, openOf, all } = createShareStorage(parts, kind);
  return {
    capabilities: { scope: 'global', sharing: 'many-hosts' },
    plan(name, written) {
      const where = `Volume ${parseVolumeName(name)}`;
      const completed = completeOptions(kind.table, sources, where, written);
      const options = fitShareOptions(where, name, completed, kind);
      const createdAt = new Date(parts.host.now()).toISOString();
      const volume = { name, id: parts.host.newId(), options, given: completed.given, createdAt };
      requireMountable(where, volume, kind);
      return volume;
    },
    ...recordedMethods(storage),
    isLost: (volume, mountpoint, signal) =>
      storage.act({
        doing: `Volume ${volume.name} could not be looked at`,
        signal,
        kind: 'look',
        volume,
        work: () => isDead(openOf(volume), volume, mountpoint),
      }),
    health: (volume) => openOf(volume).health(),
    details: () => ({}),
    async close() {
      for (const open of all()) await open.close();
    },
  };
}

/** Refuses at the plan what no mount helper could take. */
function requireMountable(where: string, volume: Volume, kind: ShareKind): void {
  const { isolation, share: written, path, subdir } = volume.options;
  if (isolation !== 'volume') return;
  const { share, directory } =
    written === undefined ? { share: kind.home, directory: path ?? subdir ?? '' } : kind.locate(written);
  try {
    share.mountOf(wantedAlone(volume, directory));
  } catch (cause) {
    if (!(cause instanceof VolumeError)) throw cause;
    throw new VolumeError(cause.code, `${where}: ${cause.message}`, { cause });
  }
}
