import type { Tell } from '../../core/waits/progress.ts';

/**
 * Project quotas: limits of directories, which the kernel enforces (quotactl(2); ext4 and xfs have them). The directories are below a
 * root, and reached as by `Files.below`.
 */
export interface Projects {
  /** What the file system of this directory does about projects. Changes nothing. */
  state(directory: string): Promise<ProjectState>;
  of(directory: string): Promise<Project>;
  /** What a project has on the file system of this directory. */
  use(directory: string, id: number): Promise<ProjectUse>;
  /**
   * Makes the directory, and the files and directories below it, parts of the project; new ones will be, too. Stays on one file system
   * and follows no symlink. The directory itself comes last: once it is part of the project, all are. Throws EBUSY if anything is
   * mounted in it, ECANCELED if the signal aborts. `tell`: the entries so far.
   */
  assign(directory: string, id: number, signal: AbortSignal, tell?: Tell): Promise<void>;
  /** In bytes, rounded up to 1024; 0: no limit. It may be less than what is used: then nothing can be added. */
  limit(directory: string, id: number, bytes: number): Promise<void>;
}

export interface ProjectState {
  /** `off`: nothing is counted or limited; `counted`: limits have no effect. */
  readonly kind: 'enforced' | 'counted' | 'off';
  /** Such as `ext4`. */
  readonly fileSystem: string;
  /** What is mounted there, and where, such as `/dev/sda1` at `/srv`. */
  readonly source: string;
  readonly mountpoint: string;
}

export interface Project {
  readonly id: number;
  /** Whether new entries of the directory will belong to it. */
  readonly isInherited: boolean;
}

export interface ProjectUse {
  /** Bytes; 0: no limit. */
  readonly limit: number;
  readonly usedBytes: number;
  readonly usedInodes: number;
  /** Whether it has any other limit, such as of inodes. */
  readonly hasOthers: boolean;
}
