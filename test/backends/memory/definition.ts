import { defineBackend } from '../../../src/backends/shared/define-backend.ts';
import { createMemoryBackend } from './backend.ts';
import { memoryOptions, memorySettings } from './settings.ts';

/** A fifth backend, for tests only, with exactly what docs/design/adding-a-backend.md requires. */
export const memoryBackend = defineBackend({
  name: 'memory',
  summary: "Directories in the host's memory, gone with the next boot.",
  settings: memorySettings,
  options: memoryOptions,
  pluginFolders: { folder: 'memory' },
  needs: ({ folder }) => ({
    directory: { setting: 'folder', path: folder },
    mounts: [folder],
    network: false,
  }),
  keepsVolumes: (before, after) => before.folder === after.folder,
  open: createMemoryBackend,
});
