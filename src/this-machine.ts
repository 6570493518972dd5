import { readFileSync } from 'node:fs';
import type { CommandLineParts } from './cli/command-line-parts.ts';

/** What commands ask of this machine. Each loads its own code, so other commands start faster. */
export const thisMachine: Pick<
  CommandLineParts['surroundings'],
  'clearMountpoints' | 'mountTable' | 'openMoveHost' | 'knownVolumes' | 'manager'
> = {
  async clearMountpoints(mountRoot) {
    const { createLinuxHost } = await import('./host/linux-host.ts');
    const { clearMountpoints } = await import('./host/clear-mountpoints.ts');
    const host = await createLinuxHost({ systemCalls: 'auto' });
    try {
      await clearMountpoints(host, mountRoot);
    } finally {
      await host.close();
    }
  },
  async mountTable() {
    const { parseMountTable } = await import('./host/mounts/table.ts');
    return parseMountTable(readFileSync('/proc/self/mountinfo', 'utf8'));
  },
  async openMoveHost() {
    const { createLinuxHost } = await import('./host/linux-host.ts');
    const { openTrees } = await import('./host/trees/open-trees.ts');
    const { usersOf } = await import('./host/mount-use/mount-namespaces.ts');
    const { files, close } = await createLinuxHost({ systemCalls: 'auto' });
    return { files, trees: openTrees(), usersOf: async (path) => usersOf(path), close };
  },
  async knownVolumes(drivers) {
    const { knownVolumes } = await import('./engines/known-volumes.ts');
    const { createAsking } = await import('./engines/aside.ts');
    const { runningSockets } = await import('./engines/life.ts');
    return knownVolumes(createAsking(), drivers, await runningSockets());
  },
  async manager() {
    const { systemd } = await import('./install/service-manager.ts');
    return systemd();
  },
};
