import { defineBackend } from '../shared/define-backend.ts';
import { createShareBackend } from '../shared/network-share/backend.ts';
import { keepsShares } from '../shared/network-share/share.ts';
import { createGlusterfsKind } from './kind.ts';
import { glusterfsOptions } from './options.ts';
import { glusterfsSettings } from './settings.ts';

export const glusterfsBackend = defineBackend({
  name: 'glusterfs',
  summary: 'Directories on a volume of GlusterFS, the same on every host.',
  settings: glusterfsSettings,
  options: glusterfsOptions,
  pluginFolders: { logDir: 'log' },
  needs: () => ({ mounts: [], network: true }),
  // A server that both name belongs to one cluster.
  keepsVolumes: (before, after) =>
    before.volume === after.volume &&
    before.servers.some((server) => after.servers.includes(server)) &&
    keepsShares(before, after),
  open: (settings, parts) => createShareBackend(parts, createGlusterfsKind(parts, settings)),
});
