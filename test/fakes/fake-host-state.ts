import type { MountUser, ProgramResult } from '../../src/host/host.ts';
import { installDiskPrograms } from './fake-disk-programs.ts';
import { releaseIdleDisks } from './fake-disks.ts';
import { type FakeFault, withFault } from './fake-faults.ts';
import type { FakeServer } from './fake-host-network.ts';
import { installMountPrograms } from './fake-mount-program.ts';
import { walk } from './fake-paths.ts';
import { breakClients, endIfIdle, type FakeClient, type FakeShareMount } from './fake-shares.ts';
import {
  createFakeFileSystem,
  type FakeDirectory,
  type FakeFile,
  type FakeFileSystem,
  type FakeNode,
} from './fake-tree.ts';

export interface FakeMount {
  readonly mountId: number;
  readonly parentId: number;
  readonly mountpoint: string;
  readonly fileSystem: FakeFileSystem;
  readonly node: FakeDirectory;
  readonly options: readonly string[];
  propagation: readonly string[];
  /** Of a share. */
  readonly via: FakeShareMount | undefined;
}

/** A mount in another namespace: it holds on to the node, whatever becomes of ours. */
interface FakeUse {
  /** Our mountpoint, when the use began. */
  readonly at: string;
  readonly node: FakeNode;
  /** Of a share; undefined for a local file system. */
  readonly client: FakeClient | undefined;
  readonly user: MountUser;
}

export interface ProgramCall {
  readonly args: readonly string[];
  readonly input: string;
  readonly signal: AbortSignal;
  readonly state: FakeState;
}

export type FakeProgram = (call: ProgramCall) => ProgramResult | Promise<ProgramResult>;

/** A machine: what stays when the daemon dies. */
export interface FakeState {
  bootId: string;
  /** Milliseconds since the epoch; moves only when a test moves it. */
  readonly clock: { now: number };
  /** Numbers for IDs of every kind. */
  next: { id: number; mount: number; peer: number; boot: number; client: number; disk: number };
  readonly rootFileSystem: FakeFileSystem;
  /** In the order of the kernel's table; the first is the root's. */
  mounts: FakeMount[];
  uses: FakeUse[];
  /** By loop number. */
  readonly loops: Map<number, FakeFile>;
  /** Disks that are mounted, here or in another namespace, by the directory that sysfs then has of them. */
  readonly heldDisks: Map<string, FakeFileSystem>;
  /** Mountpoints with an open file: unmounting them is EBUSY. */
  readonly busy: Set<string>;
  readonly programs: Map<string, FakeProgram>;
  /** By what `mount` is told, such as `nfs.example:/srv/volumes`; one that is given to two states is on two hosts. */
  readonly shares: Map<string, FakeFileSystem>;
  /** By "host:port". */
  readonly servers: Map<string, FakeServer>;
  readonly faults: FakeFault[];
  /** False: the daemon cannot see the host's processes. */
  seesAllProcesses: boolean;

  /** Another namespace now has what is mounted there, as after a container's start. Its own mountpoint is `/data` unless said. */
  use(mountpoint: string, user: Omit<MountUser, 'mountpoint'> & { readonly mountpoint?: string }): void;
  /** The container ended: all its uses of that mountpoint are gone, or only those of one process. */
  release(mountpoint: string, pid?: number): void;
  /** The next call of that name (`mounts.bind`, `programs.run` …) whose detail has `about` in it throws, and does nothing. */
  failNext(name: string, error: Error, about?: string): void;
  /** All mounts, loop devices and users are gone; files stay. */
  reboot(): void;
  /** What the file system that holds the path says it has free. */
  setFreeBytes(path: string, bytes: number): void;
  /** The mounts that this host has of a share go bad (ESTALE, ENOTCONN); what is mounted from now on is well. */
  breakShare(share: FakeFileSystem, how: 'stale' | 'client-dead'): void;
}

const gibibyte = 1024 ** 3;

export function createFakeState(): FakeState {
  const rootFileSystem = createFakeFileSystem('ext4', '254:0', 100 * gibibyte);
  const state: FakeState = {
    bootId: bootIdOf(1),
    clock: { now: Date.UTC(2026, 0, 1) },
    next: { id: 1, mount: 2, peer: 1, boot: 2, client: 1, disk: 1 },
    rootFileSystem,
    mounts: [rootMount(rootFileSystem)],
    uses: [],
    loops: new Map(),
    heldDisks: new Map(),
    busy: new Set(),
    programs: new Map(),
    servers: new Map(),
    shares: new Map(),
    faults: [],
    seesAllProcesses: true,
    use: (mountpoint, user) => {
      const { node, mount } = walk(state, mountpoint, 'follow');
      state.uses.push({
        at: mountpoint,
        node,
        client: mount.via?.client,
        user: { mountpoint: '/data', ...user },
      });
    },
    release: (mountpoint, pid) => {
      state.uses = state.uses.filter(
        (use) => use.at !== mountpoint || (pid !== undefined && use.user.pid !== pid),
      );
      releaseIdle(state);
    },
    failNext: (name, error, about = '') => void state.faults.push(withFault(name, error, about)),
    reboot: () => reboot(state),
    setFreeBytes: (path, bytes) => {
      walk(state, path, 'follow').node.fileSystem.freeBytes = bytes;
    },
    breakShare: (share, how) => breakClients(state, share, how),
  };
  installDiskPrograms(state.programs);
  installMountPrograms(state.programs);
  return state;
}

/** A loop device lives as long as some mount, here or in another namespace, has its file system. */
export function releaseIdle(state: FakeState): void {
  for (const [number, file] of state.loops) if (!isInUse(state, file.image)) state.loops.delete(number);
  releaseIdleDisks(state, (fileSystem) => isInUse(state, fileSystem));
}

export function isInUse(state: FakeState, fileSystem: FakeFileSystem | undefined): boolean {
  return (
    state.mounts.some((mount) => mount.fileSystem === fileSystem) ||
    state.uses.some((use) => use.node.fileSystem === fileSystem)
  );
}

function reboot(state: FakeState): void {
  state.bootId = bootIdOf(state.next.boot++);
  const clients = state.mounts.flatMap(({ via }) => via?.client ?? []);
  state.mounts = [rootMount(state.rootFileSystem)];
  for (const client of clients) endIfIdle(state, client);
  state.uses = [];
  releaseIdle(state);
  state.busy.clear();
}

function rootMount(fileSystem: FakeFileSystem): FakeMount {
  return {
    mountId: 1,
    parentId: 0,
    mountpoint: '/',
    fileSystem,
    node: fileSystem.root,
    options: ['rw', 'relatime'],
    propagation: [],
    via: undefined,
  };
}

function bootIdOf(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}
