import type { Backend } from '../../../src/backends/backend.ts';
import type { BackendParts } from '../../../src/backends/definition.ts';
import { createPlan } from '../../../src/backends/shared/options/plan-volume.ts';
import { recordedMethods } from '../../../src/backends/shared/recorded/methods.ts';
import { createOwnLayout } from '../../../src/backends/shared/recorded/own-layout.ts';
import { filesForUsage, measureDirectory, measureTrash } from '../../../src/backends/shared/usage.ts';
import { type MemorySettings, memoryOptions } from './settings.ts';
import { builtIn, createMemoryStorage, directoryOf } from './storage.ts';

export function createMemoryBackend(settings: MemorySettings, parts: BackendParts): Backend {
  const { folder } = settings;
  const storage = createMemoryStorage(settings, parts);
  return {
    capabilities: { scope: 'local', sharing: 'one-host' },
    plan: createPlan(memoryOptions, builtIn, (_where, _name, { options }) => options, parts),
    ...recordedMethods(storage),
    usage: (volume, _, signal) =>
      storage.act({
        doing: `Volume ${volume.name} could not be measured`,
        signal,
        kind: 'look',
        work: () =>
          measureDirectory(
            {
              files: filesForUsage(parts.host, folder).below(folder),
              path: directoryOf(folder, volume),
              above: folder,
              room: { of: 'root', place: folder },
            },
            signal,
          ),
      }),
    removedBytes: (signal) =>
      measureTrash(filesForUsage(parts.host, folder).below(folder), createOwnLayout(folder).trash, signal),
    snapshots: { kind: 'none', why: 'memory keeps no snapshots: copy the files.' },
    modifications: { kind: 'none', why: 'it has no type of its own.' },
    attachments: { kind: 'none', why: 'it is on this host already.' },
    freeSpace: { kind: 'none', why: 'its memory has no limit of its own.' },
    growth: { kind: 'none', why: 'it has no size of its own.' },
    isLost: async () => false,
    health: () => undefined,
    details: () => ({}),
    hostPath: (volume) => directoryOf(folder, volume),
    close: async () => undefined,
  };
}
