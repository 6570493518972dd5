import type { Remote, RemoteFiles } from './host.ts';
import { named } from './system-error.ts';

/** Everything that can be asked of a storage server or a disk, by name. */
type RemoteCalls = RemoteFiles & Omit<Remote, 'files'>;

/** One call; the signal comes last among the arguments of a method that takes one, and is kept apart here. */
export interface RemoteCall {
  readonly name: keyof RemoteCalls;
  readonly args: readonly unknown[];
  readonly signal?: AbortSignal;
}

/** Somewhere that calls are made. Resolves with what the method of that name does, in whose place it stands. */
export type MakeCall = <T>(call: RemoteCall) => Promise<T>;

/** A remote whose calls are all made in one place. */
export function remoteBy(make: MakeCall): Remote {
  return {
    files: {
      readText: (path) => make({ name: 'readText', args: [path] }),
      readLatest: (path) => make({ name: 'readLatest', args: [path] }),
      refresh: (directory) => make({ name: 'refresh', args: [directory] }),
      list: (path) => make({ name: 'list', args: [path] }),
      facts: (path) => make({ name: 'facts', args: [path] }),
      realPath: (path) => make({ name: 'realPath', args: [path] }),
      freeBytes: (path) => make({ name: 'freeBytes', args: [path] }),
      makeDirectory: (path) => make({ name: 'makeDirectory', args: [path] }),
      createDirectory: (path, owner) => make({ name: 'createDirectory', args: [path, owner] }),
      setOwner: (path, owner) => make({ name: 'setOwner', args: [path, owner] }),
      removeDirectory: (path) => make({ name: 'removeDirectory', args: [path] }),
      readBytes: (path, offset, length) => make({ name: 'readBytes', args: [path, offset, length] }),
      rename: (from, to) => make({ name: 'rename', args: [from, to] }),
      writeText: (path, text, how) => make({ name: 'writeText', args: [path, text, how] }),
      removeFile: (path) => make({ name: 'removeFile', args: [path] }),
      removeTree: (path, signal) => make({ name: 'removeTree', args: [path], signal }),
    },
    bind: (source, target, access) => make({ name: 'bind', args: [source, target, access] }),
    mountDisk: (device, target, fileSystem, signal) =>
      make({ name: 'mountDisk', args: [device, target, fileSystem], signal }),
    unmount: (target, signal) => make({ name: 'unmount', args: [target], signal }),
  };
}

/** Makes the call on a remote that is at hand. */
export async function makeOn<T>(remote: Remote, { name, args, signal }: RemoteCall): Promise<T> {
  const { files, ...mounts } = remote;
  const calls: RemoteCalls = { ...files, ...mounts };
  try {
    return await Reflect.apply(calls[name], undefined, signal ? [...args, signal] : args);
  } catch (error) {
    throw named(error);
  }
}
