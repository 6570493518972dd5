import type { BackendDefinition } from '../backend.ts';
import { readConfigured } from '../shared/complete-options.ts';
import { createLocalBackend } from './local-backend.ts';
import { localOptions } from './options.ts';
import { localSettings } from './settings.ts';

export const localBackend: BackendDefinition = {
  name: 'local',
  summary: "Directories, images of a fixed size, and adopted directories on the host's own disks.",
  settings: localSettings,
  options: localOptions.specs,
  checkOptions: (options) => void readConfigured(localOptions, 'The options', options),
  create: createLocalBackend,
};
