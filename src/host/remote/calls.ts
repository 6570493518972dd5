import type { Tell } from '../../core/waits/progress.ts';
import type { FilesBelow, Remote, RemoteFiles } from '../host.ts';
import { withErrnoCode, withPathNamed } from '../system-error.ts';

/** All calls on a storage server or a disk, by name. */
type RemoteCalls = Omit<RemoteFiles, 'below'> & Omit<Remote, 'files' | 'looks' | 'ready'>;

/** One call. The signal, and `tell` after it, are the last arguments of methods that take them; here they are separate from `args`. */
export interface RemoteCall {
  readonly name: keyof RemoteCalls;
  readonly args: readonly unknown[];
  readonly signal?: AbortSignal;
  readonly tell?: Tell;
  /** The root of `Files.below`, for its calls. */
  readonly root?: string;
  /** It is not queued: see `Remote.looks`. */
  readonly isLook?: true;
}

/** Executes a named call, and resolves with what the method of that name returns. */
export type MakeCall = <T>(call: RemoteCall) => Promise<T>;

/** A remote that makes all its calls with `make`. */
export function remoteBy(make: MakeCall, ready: () => Promise<void>): Remote {
  return {
    ready,
    files: {
      ...filesBy(make),
      below: (root) => filesBy((call) => make({ ...call, root })),
      realPath: (path) => make({ name: 'realPath', args: [path] }),
    },
    looks: {
      space: (path) => make({ name: 'space', args: [path], isLook: true }),
      facts: (path) => make({ name: 'facts', args: [path], isLook: true }),
    },
    bind: (source, target, flags) => make({ name: 'bind', args: [source, target, flags] }),
    mountDisk: (device, target, fileSystem, signal) =>
      make({ name: 'mountDisk', args: [device, target, fileSystem], signal }),
    unmount: (target, signal) => make({ name: 'unmount', args: [target], signal }),
  };
}

function filesBy(make: MakeCall): FilesBelow {
  return {
    readText: (path) => make({ name: 'readText', args: [path] }),
    readLatest: (path) => make({ name: 'readLatest', args: [path] }),
    readBytes: (path, offset, length) => make({ name: 'readBytes', args: [path, offset, length] }),
    attribute: (path, name) => make({ name: 'attribute', args: [path, name] }),
    hasNoWriter: (path) => make({ name: 'hasNoWriter', args: [path] }),
    refresh: (directory) => make({ name: 'refresh', args: [directory] }),
    list: (path) => make({ name: 'list', args: [path] }),
    facts: (path) => make({ name: 'facts', args: [path] }),
    space: (path) => make({ name: 'space', args: [path] }),
    count: (path, limits, signal) => make({ name: 'count', args: [path, limits], signal }),
    makeDirectory: (path) => make({ name: 'makeDirectory', args: [path] }),
    createDirectory: (path, owner, names) => make({ name: 'createDirectory', args: [path, owner, names] }),
    sync: (paths) => make({ name: 'sync', args: [paths] }),
    setOwner: (path, owner) => make({ name: 'setOwner', args: [path, owner] }),
    removeDirectory: (path) => make({ name: 'removeDirectory', args: [path] }),
    createSparse: (path, bytes) => make({ name: 'createSparse', args: [path, bytes] }),
    extend: (path, bytes) => make({ name: 'extend', args: [path, bytes] }),
    canClone: (directory) => make({ name: 'canClone', args: [directory] }),
    clone: (from, to) => make({ name: 'clone', args: [from, to] }),
    cloneFrozen: (from, to, freeze) => make({ name: 'cloneFrozen', args: [from, to, freeze] }),
    copy: (from, to, signal, tell) => make({ name: 'copy', args: [from, to], signal, ...telling(tell) }),
    copyInUse: (from, to, signal, tell) =>
      make({ name: 'copyInUse', args: [from, to], signal, ...telling(tell) }),
    rename: (from, to, names) => make({ name: 'rename', args: [from, to, names] }),
    writeText: (path, text, how, order) => make({ name: 'writeText', args: [path, text, how, order] }),
    moveText: (from, to, text, after) => make({ name: 'moveText', args: [from, to, text, after] }),
    removeFile: (path) => make({ name: 'removeFile', args: [path] }),
    removeTree: (path, signal, tell) => make({ name: 'removeTree', args: [path], signal, ...telling(tell) }),
  };
}

function telling(tell: Tell | undefined): Pick<RemoteCall, 'tell'> {
  return tell === undefined ? {} : { tell };
}

/** Makes the call on the given remote. */
export async function makeOn<T>(remote: Remote, { name, args, signal, tell, root }: RemoteCall): Promise<T> {
  const { files, looks: _, ready: __, ...mounts } = remote;
  const calls: RemoteCalls = { ...files, ...(root === undefined ? {} : files.below(root)), ...mounts };
  try {
    return await Reflect.apply(calls[name], undefined, signal ? [...args, signal, tell] : args);
  } catch (error) {
    throw withPathNamed(withErrnoCode(error), `${args[0]}`);
  }
}
