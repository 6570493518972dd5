import type { Files } from './port/files.ts';
import type { Mounts } from './port/mounts.ts';
import type { Network } from './port/network.ts';
import type { Programs } from './port/programs.ts';
import type { Projects } from './port/projects.ts';
import type { Remote, RemoteManner } from './port/remote.ts';
import type { Subvolumes } from './port/subvolumes.ts';

export * from './port/files.ts';
export type * from './port/followed.ts';
export type * from './port/mounts.ts';
export type * from './port/network.ts';
export type * from './port/programs.ts';
export type * from './port/projects.ts';
export type * from './port/remote.ts';
export type * from './port/subvolumes.ts';
export type * from './port/trees.ts';

/**
 * The port to the operating system: everything that reads or changes its state goes through here.
 * `linux-host.ts` is the real host; the tests' fake keeps the same state in memory and passes the same contract suite.
 *
 * Errors are Node's own, with their `code` (ENOSPC, EBUSY …), unless a method says otherwise.
 */
export interface Host {
  /** Changes with every boot of the kernel. */
  readonly bootId: string;
  readonly files: Files;
  readonly mounts: Mounts;
  readonly programs: Programs;
  readonly network: Network;
  /** Projects of directories below this root. */
  projects(root: string): Projects;
  /** Subvolumes below this root. */
  subvolumes(root: string): Subvolumes;
  /**
   * Files and mounts of a storage server or a disk that may stop answering. There is one remote per name; its process starts with
   * the first call.
   */
  remote(server: string, how?: RemoteManner): Remote;
  /** Milliseconds since the epoch by the host's clock, which may be wrong and may jump. */
  now(): number;
  /** Milliseconds since the kernel booted. Monotonic, even if the clock is changed. Comparable within one `bootId`. */
  uptime(): number;
  /** A new random ID: 16 lower-case hex digits. */
  newId(): string;
  /** Ends the worker thread and the helper processes. Unmounts nothing. */
  close(): Promise<void>;
}
