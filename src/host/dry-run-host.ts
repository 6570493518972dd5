import { VolumeError } from '../core/volume-error.ts';
import type { AppendLog, Files, FilesBelow, Host, Programs, Projects, Remote, Subvolumes } from './host.ts';

/**
 * The same host, but read-only: nothing is written, moved or removed, here or on servers. Programs are not run, because their
 * effects are unknown.
 */
export function dryRunHost(host: Host): Host {
  return {
    ...host,
    files: { ...host.files, ...idleFiles, below: readOnlyBelow(host.files) },
    remote: (server, how) => readOnlyRemote(host.remote(server, how)),
    programs: idlePrograms,
    projects: (root) => ({ ...host.projects(root), ...idleProjects }),
    subvolumes: (root) => ({ ...host.subvolumes(root), ...idleSubvolumes }),
  };
}

function readOnlyRemote(remote: Remote): Remote {
  return {
    ready: () => remote.ready(),
    looks: remote.looks,
    files: { ...remote.files, ...idleFilesBelow, below: readOnlyBelow(remote.files) },
    bind: async () => undefined,
    mountDisk: async () => undefined,
    unmount: async () => undefined,
  };
}

function readOnlyBelow(files: Pick<Files, 'below'>): Files['below'] {
  return (root) => ({ ...files.below(root), ...idleFilesBelow });
}

const idleLog: AppendLog = {
  append: async () => undefined,
  cut: async () => undefined,
  close: async () => undefined,
};

const idleFilesBelow: Partial<FilesBelow> = {
  makeDirectory: async () => undefined,
  createDirectory: async () => false,
  sync: async () => undefined,
  setOwner: async () => undefined,
  createSparse: async () => undefined,
  extend: async () => undefined,
  canClone: async () => false,
  clone: async () => undefined,
  cloneFrozen: async () => 0,
  copy: async () => undefined,
  copyInUse: async () => undefined,
  removeDirectory: async () => undefined,
  rename: async () => undefined,
  writeText: async () => false,
  moveText: async () => undefined,
  removeFile: async () => undefined,
  removeTree: async () => undefined,
};

const idleFiles: Partial<Files> = {
  ...idleFilesBelow,
  makePrivateDirectory: async () => undefined,
  makeMountpoint: async () => undefined,
  removeIfEmpty: async () => undefined,
  openLog: async () => idleLog,
};

const idlePrograms: Programs = {
  run: async (program) => {
    throw new VolumeError('unavailable', `Dry run: ${program} not run. Repeat without --dry-run.`);
  },
};

const idleProjects: Partial<Projects> = { assign: async () => undefined, limit: async () => undefined };

const idleSubvolumes: Partial<Subvolumes> = { create: async () => false, snapshot: async () => undefined };
