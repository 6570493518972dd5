import { mkdtempSync, rmSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createLinuxHost } from '../../../src/host/linux-host.ts';
import { describeProjects } from '../../contract/host/projects.ts';
import { putAsContainer } from '../../lab/guest/put-as-container.ts';

// Runs in a guest with file systems that have project quotas; see projects-guest.test.ts.

for (const fileSystem of ['ext4', 'xfs'] as const)
  describeProjects(`${fileSystem} of a kernel`, async () => {
    const folder = mkdtempSync(join('/srv', fileSystem, 'host-'));
    const host = await createLinuxHost({ systemCalls: 'auto' });
    return {
      host,
      folder,
      fileSystem,
      link: symlink,
      put: async (path, bytes) => putAsContainer(path, bytes),
      cleanUp: async () => {
        await host.close();
        rmSync(folder, { recursive: true });
      },
    };
  });
