import type { Backend, BackendDefinition, BackendParts } from '../backend.ts';
import { readConfigured } from '../shared/complete-options.ts';
import { parseSettings } from '../shared/settings.ts';
import { createShareBackend } from '../shared/share/share-backend.ts';
import { createNfsKind } from './kind.ts';
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
  return createShareBackend(parts, createNfsKind(parts, settings));
}
