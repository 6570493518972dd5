import { join } from 'node:path';
import { localBackend } from '../../../src/backends/local/definition.ts';
import type { Host } from '../../../src/host/host.ts';
import type { LinuxHostSettings } from '../../../src/host/linux-host.ts';
import type { BackendTraits, BackendUnderTest } from '../../contract/backend-contract.ts';
import { createFakeHost, createFakeState, type FakeState } from '../../fakes/fake-host.ts';
import { linuxHostUnderTest } from '../../host/linux-host-under-test.ts';

const capabilities = { scope: 'local', sharing: 'one-host' } as const;

export const directories: BackendTraits = {
  capabilities,
  options: {},
  otherOptions: { uid: '5' },
  equalOptions: [{ mode: '750', uid: '05', readOnly: 'no' }, { o: 'MODE=0750,uid=5,ro=0,timeout=30' }],
  mistyped: ['siz', 'size'],
  ownership: 'by-options',
  data: 'owned',
};

export const ext4Images: BackendTraits = {
  ...directories,
  options: { size: '8MiB' },
  equalOptions: [
    { size: '8192k', fs: 'EXT4' },
    { SIZE: '8388608', newFSType: 'ext4', size: '8m' },
  ],
  mistyped: ['fstypo', 'fsType'],
};

export const xfsImages: BackendTraits = {
  ...ext4Images,
  options: { size: '300MiB', fsType: 'xfs' },
  equalOptions: [{ size: '300m' }, { o: 'size=314572800,fstype=XFS' }],
};

/** Every volume of the suite adopts the one directory. */
export function adoptedPaths(path: string): BackendTraits {
  return {
    ...directories,
    options: { path },
    otherOptions: { readOnly: 'true' },
    equalOptions: [{ readOnly: '' }, { mountpoint: `${path}//./`, RO: '1' }],
    mistyped: ['paht', 'path'],
    ownership: 'fixed',
    data: 'adopted',
  };
}

export async function localOnFakeHost(state: FakeState = createFakeState()): Promise<BackendUnderTest> {
  return localOn(createFakeHost(state), '/folder', async () => undefined);
}

export async function localOnLinux(systemCalls: LinuxHostSettings['systemCalls']): Promise<BackendUnderTest> {
  const { host, folder, cleanUp } = await linuxHostUnderTest(systemCalls);
  return localOn(host, folder, cleanUp);
}

async function localOn(host: Host, folder: string, cleanUp: () => Promise<void>): Promise<BackendUnderTest> {
  const adopted = join(folder, 'adopted');
  await host.files.makeDirectory(join(folder, 'mnt'));
  await host.files.makeDirectory(adopted);
  return {
    host,
    folder,
    makeBackend: (inputs) =>
      localBackend.create({
        driver: 'holdfast',
        ...inputs,
        settings: { root: join(folder, 'volumes'), allowedRoots: [folder], ...inputs.settings },
      }),
    cleanUp,
  };
}
