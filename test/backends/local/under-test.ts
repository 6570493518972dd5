import { basename, join } from 'node:path';
import { localBackend } from '../../../src/backends/local/definition.ts';
import type { LinuxHostSettings } from '../../../src/host/linux-host.ts';
import type { BackendTraits, BackendUnderTest } from '../../contract/backend/contract.ts';
import { spoilFile } from '../../contract/backend/unreadable.ts';
import type { HostUnderTest } from '../../contract/host/contract.ts';
import { createFakeHost, createFakeState, type FakeState } from '../../fakes/host/fake-host.ts';
import { writableParent } from '../../fakes/host/paths.ts';
import { addLink, addOddFile } from '../../fakes/host/tree.ts';
import { openBackend } from '../../fakes/open-backend.ts';
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
  snapshots: 'copy',
  growth: 'none',
  modification: 'flags',
};

export const ext4Images: BackendTraits = {
  ...directories,
  options: { size: '8MiB' },
  equalOptions: [
    { size: '8192k', fs: 'EXT4' },
    { SIZE: '8388608', newFSType: 'ext4', size: '8m' },
  ],
  mistyped: ['fstypo', 'fsType'],
  growth: 'grows',
};

/** On btrfs. */
export const subvolumes: BackendTraits = { ...directories, snapshots: 'instant' };

/** On a file system with project quotas. */
export const quotaDirectories: BackendTraits = {
  ...directories,
  options: { size: '8MiB', sizeMode: 'quota' },
  equalOptions: [{ size: '8192k' }, { o: 'SIZEMODE=quota,mode=0755' }],
  growth: 'resizes',
};

export const xfsImages: BackendTraits = {
  ...ext4Images,
  options: { size: '300MiB', fsType: 'xfs' },
  equalOptions: [{ size: '300m' }, { o: 'size=314572800,fstype=XFS' }],
};

/** The sections whose behaviour differs on a file system that shares blocks. */
export const copying = ['snapshots', 'rollback', 'growth', 'a daemon that dies while it copies'] as const;

/** Every volume of the suite adopts the same directory. */
export function adoptedPaths(path: string): BackendTraits {
  return {
    ...directories,
    options: { path },
    otherOptions: { readOnly: 'true' },
    equalOptions: [{ readOnly: '' }, { mountpoint: `${path}//./`, RO: '1' }],
    mistyped: ['paht', 'path'],
    ownership: 'fixed',
    data: 'adopted',
    snapshots: 'none',
  };
}

/** A host on which symlinks can be created. */
export type LinkableHost = Pick<HostUnderTest, 'host' | 'folder' | 'link' | 'putOdd' | 'cleanUp'>;

export async function fakeHostWithLinks(state: FakeState = createFakeState()): Promise<LinkableHost> {
  const host = createFakeHost(state);
  await host.files.makeDirectory('/folder');
  return {
    host,
    folder: '/folder',
    ...foreignOn(state),
    cleanUp: async () => undefined,
  };
}

/** Creates others' files on the storage of a fake host. */
export function foreignOn(state: FakeState): Pick<HostUnderTest, 'link' | 'putOdd'> {
  return {
    link: async (target, path) => void addLink(writableParent(state, path), basename(path), target),
    putOdd: async (_, path) => void addOddFile(writableParent(state, path), basename(path)),
  };
}

export async function localOnFakeHost(state?: FakeState): Promise<BackendUnderTest> {
  return localOn(await fakeHostWithLinks(state), {});
}

export async function localOnLinux(systemCalls: LinuxHostSettings['systemCalls']): Promise<BackendUnderTest> {
  return localOn(await linuxHostUnderTest(systemCalls), {});
}

export async function localOn(
  { host, folder, link, putOdd, cleanUp }: LinkableHost,
  settings: Readonly<Record<string, unknown>>,
): Promise<BackendUnderTest> {
  await host.files.makeDirectory(join(folder, 'mnt'));
  await host.files.makeDirectory(join(folder, 'adopted'));
  const usual = { root: join(folder, 'volumes'), allowedRoots: [folder], ...settings };
  return {
    host,
    folder,
    storage: { root: async () => usual.root, link, putOdd },
    makeBackend: (inputs) =>
      openBackend(localBackend, {
        driver: 'holdfast',
        workDir: join(folder, 'work'),
        witnesses: new Map(),
        ...inputs,
        settings: { ...usual, ...inputs.settings },
      }),
    spoilRecord: spoilFile(host.files, join(folder, 'volumes/.holdfast/registry')),
    cleanUp,
  };
}
