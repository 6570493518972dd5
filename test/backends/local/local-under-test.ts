import { basename, join } from 'node:path';
import { localBackend } from '../../../src/backends/local/definition.ts';
import type { LinuxHostSettings } from '../../../src/host/linux-host.ts';
import type { BackendTraits, BackendUnderTest } from '../../contract/backend-contract.ts';
import type { HostUnderTest } from '../../contract/host-contract.ts';
import { createFakeHost, createFakeState, type FakeState } from '../../fakes/fake-host.ts';
import { writableParent } from '../../fakes/fake-paths.ts';
import { addLink } from '../../fakes/fake-tree.ts';
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

/** A host, and the means to put a symlink there. */
export type LinkableHost = Pick<HostUnderTest, 'host' | 'folder' | 'link' | 'cleanUp'>;

export async function fakeHostWithLinks(state: FakeState = createFakeState()): Promise<LinkableHost> {
  const host = createFakeHost(state);
  await host.files.makeDirectory('/folder');
  return {
    host,
    folder: '/folder',
    link: async (target, path) => void addLink(writableParent(state, path), basename(path), target),
    cleanUp: async () => undefined,
  };
}

export async function localOnFakeHost(state?: FakeState): Promise<BackendUnderTest> {
  return localOn(await fakeHostWithLinks(state), {});
}

export async function localOnLinux(systemCalls: LinuxHostSettings['systemCalls']): Promise<BackendUnderTest> {
  return localOn(await linuxHostUnderTest(systemCalls), {});
}

export async function localOn(
  { host, folder, cleanUp }: LinkableHost,
  settings: Readonly<Record<string, unknown>>,
): Promise<BackendUnderTest> {
  await host.files.makeDirectory(join(folder, 'mnt'));
  await host.files.makeDirectory(join(folder, 'adopted'));
  const usual = { root: join(folder, 'volumes'), allowedRoots: [folder], ...settings };
  return {
    host,
    folder,
    makeBackend: (inputs) =>
      localBackend.create({
        driver: 'holdfast',
        workDir: join(folder, 'work'),
        witnesses: new Map(),
        ...inputs,
        settings: { ...usual, ...inputs.settings },
      }),
    cleanUp,
  };
}
