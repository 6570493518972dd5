import { parseVolumeName } from '../../core/names.ts';
import type { Backend, BackendParts } from '../backend.ts';
import { completeOptions, readSources } from '../shared/complete-options.ts';
import { recordedMethods } from '../shared/recorded-backend.ts';
import { parseSettings } from '../shared/settings.ts';
import { createLocalStorage } from './local-storage.ts';
import { builtInOptions, fitOptions, localOptions } from './options.ts';
import { localSettings } from './settings.ts';

export function createLocalBackend(parts: BackendParts): Backend {
  const settings = parseSettings(localSettings, 'local', parts.driver, parts.settings);
  const sources = readSources(localOptions, builtInOptions, parts.defaults, parts.profiles);
  const { host } = parts;
  return {
    capabilities: { scope: 'local', sharing: 'one-host' },
    plan(name, written) {
      const where = `Volume ${parseVolumeName(name)}`;
      const completed = completeOptions(localOptions, sources, where, written);
      const options = fitOptions(where, completed, settings.allowedRoots);
      const createdAt = new Date(host.now()).toISOString();
      return { name, id: host.newId(), options, given: completed.given, createdAt };
    },
    ...recordedMethods(createLocalStorage(parts, settings)),
    isLost: async () => false,
    health: () => undefined,
    details: () => ({}),
    close: async () => undefined,
  };
}
