import { VolumeError } from '../core/volume-error.ts';
import type { AppendLog, Files, Host, Programs, Remote, RemoteFiles } from './host.ts';

/**
 * The same host, whose files, here and on servers, are only looked at: what would be written, moved or removed is left as
 * it is. No program is run, as nobody can tell what it would do.
 */
export function lookingHost(host: Host): Host {
  return {
    ...host,
    files: { ...host.files, ...idleFiles },
    remote: (server, idle) => lookingRemote(host.remote(server, idle)),
    programs: idlePrograms,
  };
}

function lookingRemote(remote: Remote): Remote {
  return {
    files: { ...remote.files, ...idleRemoteFiles },
    bind: async () => undefined,
    mountDisk: async () => undefined,
    unmount: async () => undefined,
  };
}

const idleLog: AppendLog = { append: async () => undefined, close: async () => undefined };

const idleRemoteFiles: Partial<RemoteFiles> = {
  makeDirectory: async () => undefined,
  createDirectory: async () => false,
  setOwner: async () => undefined,
  removeDirectory: async () => undefined,
  rename: async () => undefined,
  writeText: async () => false,
  removeFile: async () => undefined,
  removeTree: async () => undefined,
};

const idleFiles: Partial<Files> = {
  ...idleRemoteFiles,
  makeMountpoint: async () => undefined,
  createSparse: async () => undefined,
  openLog: async () => idleLog,
};

const idlePrograms: Programs = {
  run: async (program) => {
    throw new VolumeError(
      'unavailable',
      `${program} was not run: in a dry run no program is. Repeat it as a real run.`,
    );
  },
};
