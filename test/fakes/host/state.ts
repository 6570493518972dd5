import type { MountUser, ProgramResult } from '../../../src/host/host.ts';
import { installDiskPrograms } from './disk-programs.ts';
import { releaseIdleDisks } from './disks.ts';
import { type FakeFault, withFault } from './faults.ts';
import { installMountPrograms } from './mount-program.ts';
import type { FakeServer } from './network.ts';
import { walk } from './paths.ts';
import { breakClients, endIfIdle, type FakeClient, type FakeShareMount } from './shares.ts';
import {
  addDirectory,
  addOddFile,
  createFakeFileSystem,
  type FakeDirectory,
  type FakeFile,
  type FakeFileSystem,
  type FakeNode,
} from './tree.ts';

export interface FakeMount {
  readonly mountId: number;
  readonly parentId: number;
  readonly mountpoint: string;
  readonly fileSystem: FakeFileSystem;
  readonly node: FakeDirectory;
  readonly options: readonly string[];
  propagation: readonly string[];
  /** For a mount of a share. */
  readonly via: FakeShareMount | undefined;
}

/** A mount in another namespace: it keeps the node, independent of our mount. */
interface FakeUse {
  /** Our mountpoint when the use started. */
  readonly at: string;
  readonly node: FakeNode;
  /** The client of a share; undefined for a local file system. */
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

/** The state of a machine, which survives the daemon. */
export interface FakeState {
  bootId: string;
  /**
   * Milliseconds since the epoch; advanced only by tests. `error`: the deviation of the host's wall clock; `bootedAt`: the time of
   * the boot.
   */
  readonly clock: { now: number; error: number; bootedAt: number };
  /** Numbers for IDs of every kind. */
  next: { id: number; mount: number; peer: number; boot: number; client: number; disk: number };
  readonly rootFileSystem: FakeFileSystem;
  /** In the kernel's order; the first one is the root. */
  mounts: FakeMount[];
  uses: FakeUse[];
  /** By loop number. */
  readonly loops: Map<number, FakeFile>;
  /** The size of each device in bytes, by loop number. A device does not follow its file by itself. */
  readonly loopBytes: Map<number, number>;
  readonly frozen: Set<FakeFileSystem>;
  /** Disks that are mounted in any namespace, by their directory in sysfs. */
  readonly heldDisks: Map<string, FakeFileSystem>;
  /** Mountpoints with an open file: unmounting them is EBUSY. */
  readonly busy: Set<string>;
  readonly programs: Map<string, FakeProgram>;
  /** By the source for `mount`, such as `nfs.example:/srv/volumes`; a share in two states is on two hosts. */
  readonly shares: Map<string, FakeFileSystem>;
  /** By "host:port". */
  readonly servers: Map<string, FakeServer>;
  readonly faults: FakeFault[];
  /** False: the kernel is older than Linux 6.15. */
  canDetach: boolean;
  /** False: the daemon cannot see the host's processes. */
  seesAllProcesses: boolean;

  /** Adds a use of the mount in another namespace, as by a container; default mountpoint: `/data`. */
  use(mountpoint: string, user: Omit<MountUser, 'mountpoint'> & { readonly mountpoint?: string }): void;
  /** Removes all uses of that mountpoint, or only those of one process. */
  release(mountpoint: string, pid?: number): void;
  /** Makes the next call of this name (`mounts.bind` …) whose detail contains `about` throw without effect. */
  failNext(name: string, error: Error, about?: string): void;
  /** Removes all mounts, loop devices and users; files stay. */
  reboot(): void;
  /** Sets the free space of the path's file system. */
  setFreeBytes(path: string, bytes: number): void;
  /** Breaks this host's mounts of a share (ESTALE, ENOTCONN); new mounts work. */
  breakShare(share: FakeFileSystem, how: 'stale' | 'client-dead'): void;
}

const gibibyte = 1024 ** 3;

export function createFakeState(): FakeState {
  const rootFileSystem = createFakeFileSystem('ext4', '254:0', 100 * gibibyte);
  const state: FakeState = {
    bootId: bootIdOf(1),
    clock: { now: Date.UTC(2026, 0, 1), error: 0, bootedAt: Date.UTC(2025, 11, 31) },
    next: { id: 1, mount: 2, peer: 1, boot: 2, client: 1, disk: 1 },
    rootFileSystem,
    mounts: [rootMount(rootFileSystem)],
    uses: [],
    loops: new Map(),
    loopBytes: new Map(),
    frozen: new Set(),
    heldDisks: new Map(),
    busy: new Set(),
    programs: new Map(),
    servers: new Map(),
    shares: new Map(),
    faults: [],
    canDetach: true,
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
  addOddFile(addDirectory(rootFileSystem.root, 'dev'), 'fuse');
  installDiskPrograms(state.programs);
  installMountPrograms(state.programs);
  return state;
}

/** Detaches loop devices whose file system is not mounted in any namespace. */
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
  state.clock.bootedAt = state.clock.now;
  const clients = state.mounts.flatMap(({ via }) => via?.client ?? []);
  state.mounts = [rootMount(state.rootFileSystem)];
  for (const client of clients) endIfIdle(state, client);
  state.uses = [];
  state.frozen.clear();
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
