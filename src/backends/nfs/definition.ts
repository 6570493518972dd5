import type { Backend, BackendDefinition, BackendParts } from '../backend.ts';
import { readConfigured } from '../shared/complete-options.ts';
import { parseSettings } from '../shared/settings.ts';
import { createShareBackend } from '../shared/share/share-backend.ts';
import { createNfsKind } from './kind.ts';
import { mountOptionWarnings } from './mount-options.ts';
import { nfsOptions } from './options.ts';
import { nfsSettings } from './settings.ts';

export const nfsBackend: BackendDefinition = {
  name: 'nfs',
  summary: 'Directories on an export of an NFS server, the same on every host.',
  settings: nfsSettings,
  options: nfsOptions.specs,
  checkOptions: (options) => void readConfigured(nfsOptions, 'The options', options),
  create: createNfsBackend,
};

function createNfsBackend(parts: BackendParts): Backend {
  const settings = parseSettings(nfsSettings, 'nfs', parts.driver, parts.settings);
  const backend = createShareBackend(parts, createNfsKind(parts, settings));
  warn(parts, {}, settings.mountOptions);
  return {
    ...backend,
    async create(volume, signal) {
      const made = await backend.create(volume, signal);
      warn(parts, { volume: made.name }, made.options.mountOptions?.split(',') ?? []);
      return made;
    },
  };
}

/** What is allowed and may cost data is said once, where it is decided. */
function warn(
  { log, driver }: BackendParts,
  whose: { readonly volume?: string },
  mountOptions: readonly string[],
): void {
  for (const warning of mountOptionWarnings(mountOptions)) {
    log.write('warn', 'risky-mount-option', { driver, ...whose, warning });
  }
}
