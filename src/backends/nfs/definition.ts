import type { Backend } from '../backend.ts';
import type { BackendParts } from '../definition.ts';
import { defineBackend } from '../shared/define-backend.ts';
import { createShareBackend } from '../shared/network-share/backend.ts';
import { keepsShares } from '../shared/network-share/share.ts';
import { createNfsKind } from './kind.ts';
import { mountOptionWarnings } from './mount-options.ts';
import { nfsOptions } from './options.ts';
import { type NfsSettings, nfsSettings } from './settings.ts';

export const nfsBackend = defineBackend({
  name: 'nfs',
  summary: 'Directories on an export of an NFS server, the same on every host.',
  settings: nfsSettings,
  options: nfsOptions,
  pluginFolders: {},
  needs: () => ({ mounts: [], network: true }),
  keepsVolumes: (before, after) =>
    before.server === after.server && before.export === after.export && keepsShares(before, after),
  open: createNfsBackend,
});

function createNfsBackend(settings: NfsSettings, parts: BackendParts): Backend {
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

/** Warns once about allowed options that may lose data, if they are set. */
function warn(
  { log, driver }: BackendParts,
  whose: { readonly volume?: string },
  mountOptions: readonly string[],
): void {
  for (const warning of mountOptionWarnings(mountOptions)) {
    log.write('warn', 'risky-mount-option', { driver, ...whose, warning });
  }
}
