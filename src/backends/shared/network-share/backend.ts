import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { Backend } from '../../backend.ts';
import type { BackendParts } from '../../definition.ts';
import { createPlan } from '../options/plan-volume.ts';
import type { FitOptions } from '../options/recorded-options.ts';
import { recordedMethods } from '../recorded/methods.ts';
import { recordedModifications } from '../recorded/modify.ts';
import { recordedSnapshots } from '../snapshots/methods.ts';
import { diagnoseShare } from './examination/diagnose.ts';
import { createShareGrowth } from './growth.ts';
import { limiting } from './limiting.ts';
import { builtInShareOptions } from './options.ts';
import { fitShareOptions } from './plan.ts';
import type { ShareKind } from './share.ts';
import { isDead, wantedAlone } from './stage-directory.ts';
import { createShareStorage } from './storage.ts';
import { createShareTrashUsage, createShareUsage, shareFreeSpace } from './usage.ts';

/** A backend whose volumes are directories on shares: everything that NFS and GlusterFS have in common. */
export function createShareBackend(parts: BackendParts, kind: ShareKind): Backend {
  const fit: FitOptions = (where, name, completed) => fitShareOptions(where, name, completed, kind);
  const plan = createPlan(kind.table, builtInShareOptions, fit, parts);
  const opened = createShareStorage(parts, kind);
  const methods = recordedMethods(opened.storage);
  const { storage, home, openOf, all } = opened;
  const withLimits = limiting(opened);
  return {
    capabilities: { scope: 'global', sharing: 'many-hosts' },
    plan(name, written, source) {
      // A copy has a directory of its own.
      const volume = plan(name, written, source && { ...source, ...subdirOf(plan(name, {})) });
      requireMountable(volume, kind);
      return volume;
    },
    ...methods,
    diagnose: (signal) => diagnoseShare(home, () => withLimits.diagnose(methods)(signal), signal),
    isLost: (volume, mountpoint, signal) =>
      storage.act({
        doing: `Volume ${volume.name} could not be checked`,
        signal,
        kind: 'look',
        volume,
        work: () => isDead(openOf(volume), volume, mountpoint),
      }),
    health: (volume) => (volume === undefined ? home : openOf(volume)).health(),
    usage: createShareUsage(parts.host, opened),
    removedBytes: createShareTrashUsage(parts.host, opened),
    snapshots: withLimits.snapshots(recordedSnapshots(storage, opened.copiesOf)),
    growth: createShareGrowth(opened),
    modifications: recordedModifications(storage, kind.table),
    attachments: { kind: 'none', why: 'every host reaches the share by itself.' },
    freeSpace: shareFreeSpace(opened),
    details: () => ({}),
    hostPath: () => undefined,
    async close() {
      for (const open of all()) await open.close();
    },
  };
}

function subdirOf({ options: { subdir } }: Volume): { readonly subdir?: string } {
  return subdir === undefined ? {} : { subdir };
}

/** Refuses, in `plan`, what no mount helper could take. */
function requireMountable(volume: Volume, kind: ShareKind): void {
  const { isolation, share: written, path, subdir } = volume.options;
  if (isolation !== 'volume') return;
  const { share, directory } =
    written === undefined ? { share: kind.home, directory: path ?? subdir ?? '' } : kind.locate(written);
  try {
    share.mountOf(wantedAlone(volume, directory));
  } catch (cause) {
    if (!(cause instanceof VolumeError)) throw cause;
    throw new VolumeError(cause.code, `Volume ${volume.name}: ${cause.message}`, { cause });
  }
}
