import type { AppendLog, Files, Host, Mounts, Remote, RemoteFiles } from '../../src/host/host.ts';

/** One call of the host: `files.rename`, and what it was about. */
interface HostCall {
  readonly name: string;
  readonly detail: string;
  /** An effect leaves a trace; a look does not. */
  readonly kind: 'effect' | 'look';
}

/** Runs the call, or does not, or does something before and after. */
export type Around = <T>(call: HostCall, run: () => Promise<T>) => Promise<T>;

/** The same host, each of its calls led through `around`. */
export function interceptHost(host: Host, around: Around): Host {
  return {
    bootId: host.bootId,
    files: interceptFiles(host.files, around),
    mounts: interceptMounts(host.mounts, around),
    programs: {
      run: (program, args, signal, input) =>
        around(effect('programs.run', program, ...args), () =>
          host.programs.run(program, args, signal, input),
        ),
    },
    network: {
      ask: (address, request, isWhole, signal) =>
        around(look('network.ask', `${address.host}:${address.port}`), () =>
          host.network.ask(address, request, isWhole, signal),
        ),
    },
    remote: (server) => interceptRemote(host.remote(server), around),
    now: () => host.now(),
    newId: () => host.newId(),
    close: () => host.close(),
  };
}

function interceptRemote(remote: Remote, around: Around): Remote {
  return {
    files: interceptCommon(remote.files, 'remote', around),
    bind: (source, target, access) =>
      around(effect('remote.bind', source, target), () => remote.bind(source, target, access)),
    mountDisk: (device, target, fileSystem, signal) =>
      around(effect('remote.mountDisk', device, target), () =>
        remote.mountDisk(device, target, fileSystem, signal),
      ),
    unmount: (target, signal) =>
      around(effect('remote.unmount', target), () => remote.unmount(target, signal)),
  };
}

function interceptFiles(files: Files, around: Around): Files {
  return {
    ...interceptCommon(files, 'files', around),
    makeMountpoint: (path) => around(effect('files.makeMountpoint', path), () => files.makeMountpoint(path)),
    createSparse: (path, bytes) =>
      around(effect('files.createSparse', path), () => files.createSparse(path, bytes)),
    openLog: async (path) =>
      interceptLog(await around(effect('files.openLog', path), () => files.openLog(path)), path, around),
  };
}

/** What the files of the host and those of a server have in common: `files.rename`, `remote.rename`. */
function interceptCommon(files: RemoteFiles, of: 'files' | 'remote', around: Around): RemoteFiles {
  return {
    readText: (path) => around(look(`${of}.readText`, path), () => files.readText(path)),
    readLatest: (path) => around(look(`${of}.readLatest`, path), () => files.readLatest(path)),
    refresh: (directory) => around(look(`${of}.refresh`, directory), () => files.refresh(directory)),
    readBytes: (path, offset, length) =>
      around(look(`${of}.readBytes`, path), () => files.readBytes(path, offset, length)),
    list: (path) => around(look(`${of}.list`, path), () => files.list(path)),
    facts: (path) => around(look(`${of}.facts`, path), () => files.facts(path)),
    realPath: (path) => around(look(`${of}.realPath`, path), () => files.realPath(path)),
    freeBytes: (path) => around(look(`${of}.freeBytes`, path), () => files.freeBytes(path)),
    makeDirectory: (path) => around(effect(`${of}.makeDirectory`, path), () => files.makeDirectory(path)),
    createDirectory: (path, owner) =>
      around(effect(`${of}.createDirectory`, path), () => files.createDirectory(path, owner)),
    setOwner: (path, owner) => around(effect(`${of}.setOwner`, path), () => files.setOwner(path, owner)),
    removeDirectory: (path) =>
      around(effect(`${of}.removeDirectory`, path), () => files.removeDirectory(path)),
    rename: (from, to) => around(effect(`${of}.rename`, from, to), () => files.rename(from, to)),
    writeText: (path, text, how) =>
      around(effect(`${of}.writeText`, path), () => files.writeText(path, text, how)),
    removeFile: (path) => around(effect(`${of}.removeFile`, path), () => files.removeFile(path)),
    removeTree: (path, signal) =>
      around(effect(`${of}.removeTree`, path), () => files.removeTree(path, signal)),
  };
}

function interceptLog(log: AppendLog, path: string, around: Around): AppendLog {
  return {
    append: (text) => around(effect('log.append', path, text), () => log.append(text)),
    close: () => log.close(),
  };
}

function interceptMounts(mounts: Mounts, around: Around): Mounts {
  return {
    at: (path) => around(look('mounts.at', path), () => mounts.at(path)),
    below: (directory) => around(look('mounts.below', directory), () => mounts.below(directory)),
    uses: (root, maxAge) => around(look('mounts.uses', root), () => mounts.uses(root, maxAge)),
    bind: (source, target, access) =>
      around(effect('mounts.bind', source, target), () => mounts.bind(source, target, access)),
    mountImage: (image, target, fileSystem) =>
      around(effect('mounts.mountImage', image, target), () => mounts.mountImage(image, target, fileSystem)),
    mountDisk: (device, target, fileSystem) =>
      around(effect('mounts.mountDisk', device, target), () => mounts.mountDisk(device, target, fileSystem)),
    unmount: (target) => around(effect('mounts.unmount', target), () => mounts.unmount(target)),
    makeMountRoot: (path) => around(effect('mounts.makeMountRoot', path), () => mounts.makeMountRoot(path)),
    releaseMountRoot: (path) =>
      around(effect('mounts.releaseMountRoot', path), () => mounts.releaseMountRoot(path)),
  };
}

function effect(name: string, ...detail: readonly string[]): HostCall {
  return { name, detail: detail.join(' '), kind: 'effect' };
}

function look(name: string, detail: string): HostCall {
  return { name, detail, kind: 'look' };
}
