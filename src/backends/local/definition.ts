import { defineBackend } from '../shared/define-backend.ts';
import { createLocalBackend } from './backend.ts';
import { localOptions } from './options.ts';
import { localSettings, neededMounts } from './settings.ts';

export const localBackend = defineBackend({
  name: 'local',
  summary: "Directories, images of a fixed size, and adopted directories on the host's own disks.",
  settings: localSettings,
  options: localOptions,
  pluginFolders: { root: 'volumes' },
  needs: (settings) => ({
    directory: { setting: 'root', path: settings.root },
    mounts: neededMounts(settings),
    network: false,
  }),
  keepsVolumes: (before, after) =>
    before.root === after.root && before.allowedRoots.every((root) => after.allowedRoots.includes(root)),
  open: createLocalBackend,
});
