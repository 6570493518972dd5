import { defineBackend } from '../../../src/backends/shared/define-backend.ts';
import { createMemoryBackend } from './backend.ts';
import { memoryOptions, memorySettings } from './settings.ts';

/** The fifth backend of docs/design/adding-a-backend.md, in a test: it has everything that the page requires, and nothing else. */
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
