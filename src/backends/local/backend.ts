import type { Backend } from '../backend.ts';
import type { BackendParts } from '../definition.ts';
import { createPlan } from '../shared/options/plan-volume.ts';
import { recordedMethods } from '../shared/recorded/methods.ts';
import { recordedModifications } from '../shared/recorded/modify.ts';
import type { DataPlace } from '../shared/recorded/removal.ts';
import { recordedSnapshots } from '../shared/snapshots/methods.ts';
import { createLocalCopies } from './data-copies.ts';
import { createLocalFreeSpace } from './free-space.ts';
import { createLocalGrowth } from './growth.ts';
import { createLayout } from './layout.ts';
import { builtInOptions, fitOptions, localOptions } from './options.ts';
import { createLimits } from './quota/limits.ts';
import { diagnosing, limiting, releasing } from './quota/with-limits.ts';
import type { LocalSettings } from './settings.ts';
import { allowedBy, createLocalStorage } from './storage.ts';
import { createLocalTrashUsage, createLocalUsage } from './usage.ts';

export function createLocalBackend(settings: LocalSettings, parts: BackendParts): Backend {
  const allowed = allowedBy(parts, settings);
  const { host } = parts;
  const layout = createLayout(settings.root);
  const limits = createLimits(host, layout);
  const storage = createLocalStorage(parts, settings, limits);
  const methods = recordedMethods(storage);
  const copies = createLocalCopies({ host, files: storage.files, layout }, limits);
  return {
    capabilities: { scope: 'local', sharing: 'one-host' },
    plan: createPlan(
      localOptions,
      builtInOptions,
      (where, _, completed) => fitOptions(where, completed, allowed),
      parts,
    ),
    ...methods,
    ...releasing({ storage, limits }, methods),
    diagnose: diagnosing({ storage, limits }, methods),
    usage: createLocalUsage({ host, storage, settings, allowed }),
    removedBytes: createLocalTrashUsage({ host, storage, settings }),
    snapshots: limiting({ storage, limits }, recordedSnapshots(storage, copies)),
    growth: createLocalGrowth({ host, storage, limits }),
    modifications: recordedModifications(storage, localOptions),
    attachments: { kind: 'none', why: 'it is on this host already.' },
    freeSpace: createLocalFreeSpace({ host, storage }),
    isLost: async () => false,
    health: () => undefined,
    details: () => ({}),
    hostPath: (volume) => hostPathOf(storage.placeOf(volume)),
    close: async () => undefined,
  };
}

function hostPathOf(place: DataPlace): string | undefined {
  return place.kind === 'owned' ? place.paths[0] : place.path;
}
