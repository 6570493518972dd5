import type { BackendDefinition } from '../backend.ts';
import { readConfigured } from '../shared/complete-options.ts';
import { parseSettings } from '../shared/settings.ts';
import { createShareBackend } from '../shared/share/share-backend.ts';
import { createGlusterfsKind } from './kind.ts';
import { glusterfsOptions } from './options.ts';
import { glusterfsSettings } from './settings.ts';

export const glusterfsBackend: BackendDefinition = {
  name: 'glusterfs',
  summary: 'Directories on a volume of GlusterFS, the same on every host.',
  settings: glusterfsSettings,
  options: glusterfsOptions.specs,
  checkOptions: (options) => void readConfigured(glusterfsOptions, 'The options', options),
  create(parts) {
    const settings = parseSettings(glusterfsSettings, 'glusterfs', parts.driver, parts.settings);
    return createShareBackend(parts, createGlusterfsKind(parts, settings));
  },
};
