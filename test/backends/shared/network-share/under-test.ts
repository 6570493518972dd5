import { join } from 'node:path';
import type { BackendDefinition } from '../../../../src/backends/definition.ts';
import { glusterfsBackend } from '../../../../src/backends/glusterfs/definition.ts';
import { nfsBackend } from '../../../../src/backends/nfs/definition.ts';
import type { Host } from '../../../../src/host/host.ts';
import type { BackendInputs, BackendTraits, BackendUnderTest } from '../../../contract/backend/contract.ts';
import { spoilFile } from '../../../contract/backend/unreadable.ts';
import { createFakeHost, createFakeState, type FakeState } from '../../../fakes/host/fake-host.ts';
import { createFakeShare } from '../../../fakes/host/shares.ts';
import type { FakeFileSystem } from '../../../fakes/host/tree.ts';
import { openBackend } from '../../../fakes/open-backend.ts';
import { foreignOn } from '../../local/under-test.ts';
import { answersNull } from './null-answer.ts';

/** One of the two kinds of share, and its settings on a fake host. */
export interface ShareKindUnderTest {
  readonly name: string;
  readonly definition: BackendDefinition;
  readonly settings: Readonly<Record<string, unknown>>;
  /** As mountinfo shows it. */
  readonly source: string;
  /** Another share, which the settings list. */
  readonly other: string;
  /** Makes its server answer. */
  serve(state: FakeState): void;
}

export const nfsKind: ShareKindUnderTest = {
  name: 'nfs',
  definition: nfsBackend,
  settings: { server: 'nfs.example', export: '/srv/volumes', shares: ['media.example:/srv/media'] },
  source: 'nfs.example:/srv/volumes',
  other: 'media.example:/srv/media',
  serve(state) {
    for (const server of ['nfs.example', 'media.example']) state.servers.set(`${server}:2049`, answersNull);
  },
};

export const glusterKind: ShareKindUnderTest = {
  name: 'glusterfs',
  definition: glusterfsBackend,
  settings: { servers: ['gluster1', 'gluster2'], volume: 'gv0', shares: ['gluster1:media'] },
  source: 'gluster1:/gv0',
  other: 'gluster1:/media',
  serve(state) {
    for (const server of ['gluster1', 'gluster2']) state.servers.set(`${server}:24007`, answersNull);
  },
};

export const shareKinds = [nfsKind, glusterKind];

/** The servers, which all hosts of a test share. */
export interface FakeServers {
  readonly home: FakeFileSystem;
  readonly other: FakeFileSystem;
}

export function createFakeServers(): FakeServers {
  return { home: createFakeShare(), other: createFakeShare() };
}

/** A host that reaches these servers. */
export function hostOf(kind: ShareKindUnderTest, servers: FakeServers): FakeState {
  const state = createFakeState();
  state.shares.set(kind.source, servers.home);
  state.shares.set(kind.other, servers.other);
  kind.serve(state);
  return state;
}

export interface ShareUnderTest extends BackendUnderTest {
  readonly state: FakeState;
  readonly servers: FakeServers;
}

export async function shareOnFakeHost(kind: ShareKindUnderTest): Promise<ShareUnderTest> {
  const servers = createFakeServers();
  const state = hostOf(kind, servers);
  const host = createFakeHost(state);
  const make = (inputs: BackendInputs) =>
    openBackend(kind.definition, {
      driver: 'shared',
      workDir: '/folder/work',
      witnesses: new Map(),
      ...inputs,
      settings: { ...kind.settings, ...inputs.settings },
    });
  await host.files.makeDirectory('/folder/mnt');
  return {
    storage: { root: () => baseMountOf(host, '/folder/work'), ...foreignOn(state) },
    state,
    servers,
    host,
    folder: '/folder',
    makeBackend: make,
    spoilRecord: async (name) => {
      const base = await baseMountOf(host, '/folder/work');
      return spoilFile(host.files, `${base}/.holdfast/registry`)(name);
    },
    makeBackendElsewhere: () =>
      make({
        settings: {},
        defaults: {},
        profiles: {},
        host: createFakeHost(Object.assign(hostOf(kind, servers), { bootId: 'elsewhere' })),
        log: { enabled: () => true, write: () => undefined },
        audit: () => undefined,
      }),
    cleanUp: async () => undefined,
  };
}

/** The mountpoint of a backend's share. */
export async function baseMountOf(host: Host, workDir: string): Promise<string> {
  const [base] = await host.mounts.below(workDir);
  if (base === undefined) throw new Error('no share is mounted: the backend did nothing yet');
  return base.mountpoint;
}

export const shareDirectories: BackendTraits = {
  capabilities: { scope: 'global', sharing: 'many-hosts' },
  options: {},
  otherOptions: { uid: '5' },
  equalOptions: [{ mode: '750', uid: '05', readOnly: 'no' }, { o: 'MODE=0750,uid=5,ro=0,timeout=30' }],
  mistyped: ['isolaton', 'isolation'],
  ownership: 'by-options',
  data: 'owned',
  snapshots: 'copy',
  growth: 'none',
  modification: 'flags',
};

/** With a size, which nothing enforces. */
export const sizedDirectories: BackendTraits = {
  ...shareDirectories,
  options: { size: '10MiB', sizeMode: 'advisory' },
  equalOptions: [{ size: '10240k' }, { o: 'SIZE=10485760,sizemode=ADVISORY' }],
  growth: 'recorded',
};

/** With a size that a quota of the directory enforces; only on GlusterFS. */
export const quotaDirectories: BackendTraits = {
  ...shareDirectories,
  options: { size: '8MiB', sizeMode: 'quota' },
  equalOptions: [{ size: '8192k' }, { o: 'SIZE=8388608,sizemode=QUOTA' }],
  growth: 'resizes',
};

/** What makes a Gluster volume enforce them at once. */
export function enforceQuotas({ directoryQuota }: FakeFileSystem): void {
  Object.assign(directoryQuota, { isOn: true, isShown: true, isCounted: true });
  directoryQuota.timeouts = { soft: 0, hard: 0 };
}

export const nestedDirectories: BackendTraits = {
  ...shareDirectories,
  options: { subdir: `team-a/$\{name}` },
  resolved: { subdir: 'team-a/db' },
  equalOptions: [{ subdir: `team-a/$\{name}/` }, { o: `SUBDIR=/team-a//$\{name}` }],
};

export const aloneDirectories: BackendTraits = {
  ...shareDirectories,
  options: { isolation: 'volume' },
  equalOptions: [{ isolation: 'VOLUME' }, { o: 'isolation=volume' }],
};

/** Every volume of the suite adopts the same directory of the home share. */
export const adoptedDirectories: BackendTraits = {
  ...shareDirectories,
  options: { path: 'given' },
  otherOptions: { readOnly: 'true' },
  equalOptions: [{ readOnly: '' }, { path: '/given//./', RO: '1' }],
  mistyped: ['paht', 'path'],
  ownership: 'fixed',
  data: 'adopted',
  snapshots: 'none',
};

/** The same on the other share. */
export function otherShare(kind: ShareKindUnderTest): BackendTraits {
  const share = join(kind.other, 'given');
  return {
    ...adoptedDirectories,
    options: { share },
    equalOptions: [{ readOnly: '' }, { share: `${share}/`, RO: '1' }],
    mistyped: ['shar', 'share'],
  };
}
