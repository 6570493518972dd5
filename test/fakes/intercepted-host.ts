import type {
  AppendLog,
  Files,
  FilesBelow,
  Host,
  Mounts,
  Projects,
  Remote,
  Subvolumes,
} from '../../src/host/host.ts';

/** One call of the host: its name, such as `files.rename`, and its subject. */
interface HostCall {
  readonly name: string;
  readonly detail: string;
  /** An effect changes state; a look does not. */
  readonly kind: 'effect' | 'look';
}

/** May run the call, skip it, or act before and after it. */
export type Around = <T>(call: HostCall, run: () => Promise<T>) => Promise<T>;

/** The same host, but each call goes through `around`. */
export function interceptHost(host: Host, around: Around): Host {
  return {
    bootId: host.bootId,
    files: interceptFiles(host.files, around),
    mounts: interceptMounts(host.mounts, around),
    programs: {
      run: (program, args, signal, input, end) =>
        around(effect('programs.run', program, ...args), () =>
          host.programs.run(program, args, signal, input, end),
        ),
    },
    network: {
      ask: (address, request, isWhole, signal) =>
        around(look('network.ask', `${address.host}:${address.port}`), () =>
          host.network.ask(address, request, isWhole, signal),
        ),
    },
    projects: (root) => interceptProjects(host.projects(root), around),
    subvolumes: (root) => interceptSubvolumes(host.subvolumes(root), around),
    remote: (server, how) => interceptRemote(host.remote(server, how), around),
    now: () => host.now(),
    uptime: () => host.uptime(),
    newId: () => host.newId(),
    close: () => host.close(),
  };
}

function interceptRemote(remote: Remote, around: Around): Remote {
  return {
    ready: () => remote.ready(),
    looks: {
      space: (path) => around(look('remote.space', path), () => remote.looks.space(path)),
      facts: (path) => around(look('remote.facts', path), () => remote.looks.facts(path)),
    },
    files: {
      ...interceptCommon(remote.files, 'remote', around),
      ...interceptWhole(remote.files, 'remote', around),
    },
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
    ...interceptWhole(files, 'files', around),
    holding: files.holding,
    makePrivateDirectory: (path) =>
      around(effect('files.makePrivateDirectory', path), () => files.makePrivateDirectory(path)),
    makeMountpoint: (path) => around(effect('files.makeMountpoint', path), () => files.makeMountpoint(path)),
    removeIfEmpty: (path) => around(effect('files.removeIfEmpty', path), () => files.removeIfEmpty(path)),
    openLog: async (path) =>
      interceptLog(await around(effect('files.openLog', path), () => files.openLog(path)), path, around),
  };
}

type Whose = 'files' | 'remote';
type OfWholeFiles = 'below' | 'realPath';

/** Intercepts the methods that only the full `Files` have. */
function interceptWhole(
  files: Pick<Files, OfWholeFiles>,
  of: Whose,
  around: Around,
): Pick<Files, OfWholeFiles> {
  return {
    below: (root) => interceptCommon(files.below(root), of, around),
    realPath: (path) => around(look(`${of}.realPath`, path), () => files.realPath(path)),
  };
}

/** Intercepts the methods that all kinds of files have, also on a server and below a root: `files.rename`, `remote.rename`. */
function interceptCommon(files: FilesBelow, of: Whose, around: Around): FilesBelow {
  return {
    createSparse: (path, bytes) =>
      around(effect(`${of}.createSparse`, path), () => files.createSparse(path, bytes)),
    extend: (path, bytes) => around(effect(`${of}.extend`, path), () => files.extend(path, bytes)),
    canClone: (directory) => around(look(`${of}.canClone`, directory), () => files.canClone(directory)),
    clone: (from, to) => around(effect(`${of}.clone`, from, to), () => files.clone(from, to)),
    cloneFrozen: (from, to, freeze) =>
      around(effect(`${of}.cloneFrozen`, from, to), () => files.cloneFrozen(from, to, freeze)),
    copy: (from, to, signal, tell) =>
      around(effect(`${of}.copy`, from, to), () => files.copy(from, to, signal, tell)),
    copyInUse: (from, to, signal, tell) =>
      around(effect(`${of}.copyInUse`, from, to), () => files.copyInUse(from, to, signal, tell)),
    readText: (path) => around(look(`${of}.readText`, path), () => files.readText(path)),
    readLatest: (path) => around(look(`${of}.readLatest`, path), () => files.readLatest(path)),
    readBytes: (path, offset, length) =>
      around(look(`${of}.readBytes`, path), () => files.readBytes(path, offset, length)),
    refresh: (directory) => around(look(`${of}.refresh`, directory), () => files.refresh(directory)),
    list: (path) => around(look(`${of}.list`, path), () => files.list(path)),
    facts: (path) => around(look(`${of}.facts`, path), () => files.facts(path)),
    hasNoWriter: (path) => around(look(`${of}.hasNoWriter`, path), () => files.hasNoWriter(path)),
    attribute: (path, name) => around(look(`${of}.attribute`, path), () => files.attribute(path, name)),
    space: (path) => around(look(`${of}.space`, path), () => files.space(path)),
    count: (path, limits, signal) =>
      around(look(`${of}.count`, path), () => files.count(path, limits, signal)),
    makeDirectory: (path) => around(effect(`${of}.makeDirectory`, path), () => files.makeDirectory(path)),
    createDirectory: (path, owner, names) =>
      around(effect(`${of}.createDirectory`, path), () => files.createDirectory(path, owner, names)),
    sync: (paths) => around(look(`${of}.sync`, paths.join(' ')), () => files.sync(paths)),
    setOwner: (path, owner) => around(effect(`${of}.setOwner`, path), () => files.setOwner(path, owner)),
    removeDirectory: (path) =>
      around(effect(`${of}.removeDirectory`, path), () => files.removeDirectory(path)),
    rename: (from, to, names) =>
      around(effect(`${of}.rename`, from, to), () => files.rename(from, to, names)),
    writeText: async (path, text, how, order) => {
      const writing = <T>(work: () => Promise<T>) => around(effect(`${of}.writeText`, path), work);
      const write = (part: string, as: typeof how) => writing(() => files.writeText(path, part, as, order));
      const isInPlace = order?.names === 'unsynced' && (await files.facts(path)) === undefined;
      if (!isInPlace) return write(text, how);
      // A kill in the middle leaves a part of it.
      await write(text.slice(0, text.length / 2), how);
      return write(text, 'replace');
    },
    moveText: async (from, to, text, after) => {
      const moving = <T>(work: () => Promise<T>) => around(effect(`${of}.moveText`, from, to), work);
      const isPlain = (await files.facts(from)) !== undefined && (await files.facts(to)) === undefined;
      // The text needs room, then there are two renames: a kill between them leaves the earlier text at the new place.
      if (isPlain)
        await moving(async () => {
          await files.writeText(`${to}.new`, text, 'replace', { after });
          await files.removeFile(`${to}.new`);
          await files.rename(from, to);
        });
      await moving(() => files.moveText(from, to, text, after));
    },
    removeFile: (path) => around(effect(`${of}.removeFile`, path), () => files.removeFile(path)),
    removeTree: (path, signal, tell) =>
      around(effect(`${of}.removeTree`, path), () => files.removeTree(path, signal, tell)),
  };
}

function interceptLog(log: AppendLog, path: string, around: Around): AppendLog {
  return {
    append: (text) => around(effect('log.append', path, text), () => log.append(text)),
    cut: (bytes) => around(effect('log.cut', path), () => log.cut(bytes)),
    close: () => log.close(),
  };
}

function interceptMounts(mounts: Mounts, around: Around): Mounts {
  return {
    at: (path) => around(look('mounts.at', path), () => mounts.at(path)),
    below: (directory) => around(look('mounts.below', directory), () => mounts.below(directory)),
    uses: (root, maxAge) => around(look('mounts.uses', root), () => mounts.uses(root, maxAge)),
    loopOf: (fileName) => around(look('mounts.loopOf', fileName), () => mounts.loopOf(fileName)),
    bind: (source, target, access) =>
      around(effect('mounts.bind', source, target), () => mounts.bind(source, target, access)),
    mountImage: (image, target, fileSystem) =>
      around(effect('mounts.mountImage', image, target), () => mounts.mountImage(image, target, fileSystem)),
    mountDetached: async (image, fileSystem) => {
      const mounted = await around(effect('mounts.mountDetached', image), () =>
        mounts.mountDetached(image, fileSystem),
      );
      // Its end is not an effect: the kernel also ends it when the daemon dies.
      return (
        mounted && {
          ...mounted,
          bind: (source, target, access) =>
            around(effect('mounts.bind', source, target), () => mounted.bind(source, target, access)),
        }
      );
    },
    refreshImage: (target) =>
      around(effect('mounts.refreshImage', target), () => mounts.refreshImage(target)),
    whileFrozen: (target, most, work) =>
      around(effect('mounts.whileFrozen', target), () => mounts.whileFrozen(target, most, work)),
    thaw: (target) => around(effect('mounts.thaw', target), () => mounts.thaw(target)),
    mountDisk: (device, target, fileSystem) =>
      around(effect('mounts.mountDisk', device, target), () => mounts.mountDisk(device, target, fileSystem)),
    unmount: (target) => around(effect('mounts.unmount', target), () => mounts.unmount(target)),
    makeMountRoot: (path) => around(effect('mounts.makeMountRoot', path), () => mounts.makeMountRoot(path)),
    releaseMountRoot: (path) =>
      around(effect('mounts.releaseMountRoot', path), () => mounts.releaseMountRoot(path)),
  };
}

function interceptProjects(projects: Projects, around: Around): Projects {
  return {
    state: (directory) => around(look('projects.state', directory), () => projects.state(directory)),
    of: (directory) => around(look('projects.of', directory), () => projects.of(directory)),
    use: (directory, id) => around(look('projects.use', directory), () => projects.use(directory, id)),
    assign: (directory, id, signal, tell) =>
      around(effect('projects.assign', directory), () => projects.assign(directory, id, signal, tell)),
    limit: (directory, id, bytes) =>
      around(effect('projects.limit', directory), () => projects.limit(directory, id, bytes)),
  };
}

function interceptSubvolumes(subvolumes: Subvolumes, around: Around): Subvolumes {
  return {
    areKnown: (path) => around(look('subvolumes.areKnown', path), () => subvolumes.areKnown(path)),
    isOne: (path) => around(look('subvolumes.isOne', path), () => subvolumes.isOne(path)),
    within: (path) => around(look('subvolumes.within', path), () => subvolumes.within(path)),
    create: (path, owner) => around(effect('subvolumes.create', path), () => subvolumes.create(path, owner)),
    snapshot: (from, to, access) =>
      around(effect('subvolumes.snapshot', from, to), () => subvolumes.snapshot(from, to, access)),
  };
}

function effect(name: string, ...detail: readonly string[]): HostCall {
  return { name, detail: detail.join(' '), kind: 'effect' };
}

function look(name: string, detail: string): HostCall {
  return { name, detail, kind: 'look' };
}
