import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nfsBackend } from '../../../src/backends/nfs/definition.ts';
import { createLinuxHost } from '../../../src/host/linux-host.ts';
import {
  type BackendTraits,
  type BackendUnderTest,
  describeBackend,
} from '../../contract/backend-contract.ts';
import { unmountBelow } from '../../host/linux-host-under-test.ts';
import { adoptedDirectories, aloneDirectories, shareDirectories } from '../share/share-under-test.ts';

// Runs in a guest that serves /srv/contract to itself; see contract-guest.test.ts.
const exported = '/srv/contract';

for (const version of ['4.2', '3']) {
  const kinds: Readonly<Record<string, BackendTraits>> = {
    directories: shareDirectories,
    'directories with mounts of their own': aloneDirectories,
    'adopted directories': adoptedDirectories,
  };
  for (const [kind, traits] of Object.entries(kinds)) {
    describeBackend(`${kind} over NFS ${version}`, traits, () => real(version));
  }
}

async function real(version: string): Promise<BackendUnderTest> {
  const host = await createLinuxHost({ systemCalls: 'auto' });
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-contract-'));
  const settings = { server: 'localhost', export: exported, version };
  mkdirSync(join(folder, 'mnt'));
  mkdirSync(join(exported, 'given'), { recursive: true });
  const make: BackendUnderTest['makeBackend'] = (inputs) =>
    nfsBackend.create({
      driver: 'shared',
      workDir: join(folder, 'work'),
      witnesses: new Map(),
      ...inputs,
      settings: { ...settings, ...inputs.settings },
    });
  return {
    host,
    folder,
    makeBackend: make,
    makeBackendElsewhere: () =>
      nfsBackend.create({
        driver: 'shared',
        workDir: join(folder, 'elsewhere'),
        witnesses: new Map(),
        settings,
        defaults: {},
        profiles: {},
        host,
        log: { enabled: () => true, write: () => undefined },
        audit: () => undefined,
      }),
    cleanUp: async () => {
      await host.close();
      unmountBelow(folder);
      // By the server's own path, and without a program: to start one takes a guest a fifth of a second. The folder goes with
      // the guest.
      for (const name of readdirSync(exported)) rmSync(join(exported, name), { recursive: true });
    },
  };
}
