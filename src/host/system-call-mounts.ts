import { closeSync } from 'node:fs';
import { takeTurns } from '../core/one-at-a-time.ts';
import { bindHere, makeReadOnly } from './bind-directory.ts';
import type { FileSystem, MountState } from './host.ts';
import { setImmutable } from './immutable-flag.ts';
import type { KernelMounts, ReadMountTable } from './kernel-mounts.ts';
import { attachLoop, type LoopDevice } from './loop-device.ts';
import { bindFlag, privateFlag, recursiveFlag, sharedFlag, splitOptions } from './mount-flags.ts';
import { createNearness, type Nearness } from './nearness.ts';
import type { MountFacts, SystemCalls } from './system-calls.ts';
import { hasCode, systemError } from './system-error.ts';

/**
 * A call that can wait for no disk is made in the calling thread (a bind takes 4 µs there, 70 µs on the pool), one that may
 * write to a local disk on Node's pool, and one that may wait for a server in a helper process (`remote`).
 */
export function systemCallMounts(
  calls: SystemCalls,
  remote: KernelMounts,
  readTable: ReadMountTable,
): KernelMounts {
  const nearness = createNearness(calls, readTable);
  const loops = takeTurns();
  return {
    look: async (path) => look(calls, path, remote),
    bind: async (source, target, access) => {
      const near = await nearness.of(source);
      if (near === 'symlink') throw systemError('ELOOP', 'bind', source);
      if (near === 'unknown') return remote.bind(source, target, access);
      bindHere(calls, source, target);
      if (access === 'read-only') await makeReadOnly(calls, target, readTable);
    },
    bindSelf: async (path) => calls.mount(path, path, bindFlag | recursiveFlag),
    mountImage: async (image, target, fileSystem) => {
      const near = await nearness.of(image);
      if (near === 'symlink' || near === 'unknown') return remote.mountImage(image, target, fileSystem);
      // Two at once would each find no device of the image, and attach one.
      const loop = await loops(() => attachLoop(calls, image));
      await mountLoop(calls, loop, target, fileSystem);
    },
    mountDisk: async (device, target, fileSystem) => {
      const near = await nearness.of(device);
      if (near === 'symlink') throw systemError('ELOOP', 'mount', device);
      if (near === 'unknown') return remote.mountDisk(device, target, fileSystem);
      await mountDevice(calls, device, target, fileSystem);
    },
    unmount: async (target) => unmount(calls, target, nearness, remote),
    setPropagation: async (path, propagation) =>
      calls.mount('none', path, propagation === 'shared' ? sharedFlag : privateFlag),
    setImmutable: async (path, wanted) => setImmutable(calls, path, wanted),
  };
}

async function look(calls: SystemCalls, path: string, remote: KernelMounts): Promise<MountState> {
  try {
    const facts = calls.statMount(path);
    if (!facts.isMountRoot) return { kind: 'bare' };
    return { kind: 'mounted', device: facts.device, inode: facts.inode };
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return { kind: 'missing' };
    // What is mounted there is dead (ESTALE, ENOTCONN, EIO): the table of mounts still knows it.
    return remote.look(path);
  }
}

/** The open loop device keeps the file attached until the mount does; if there is none, closing it detaches again. */
async function mountLoop(
  calls: SystemCalls,
  loop: LoopDevice,
  target: string,
  fileSystem: FileSystem,
): Promise<void> {
  try {
    await mountDevice(calls, loop.path, target, fileSystem);
  } finally {
    closeSync(loop.fd);
  }
}

function mountDevice(
  calls: SystemCalls,
  device: string,
  target: string,
  fileSystem: FileSystem,
): Promise<void> {
  const { flags, data } = splitOptions(fileSystem);
  return calls.mountFileSystem(device, target, fileSystem.type, flags, data);
}

async function unmount(
  calls: SystemCalls,
  target: string,
  nearness: Nearness,
  remote: KernelMounts,
): Promise<void> {
  const ending = await nearness.ends(target, factsOrUnknown(calls, target));
  if (ending === 'one-mount') calls.unmount(target);
  else if (ending === 'local-file-system') await calls.unmountFileSystem(target);
  else await remote.unmount(target);
}

/** A dead mount answers with an error; no other mount then stands for its device. */
function factsOrUnknown(calls: SystemCalls, target: string): MountFacts {
  try {
    return calls.statMount(target);
  } catch {
    return { isMountRoot: true, isSymlink: false, device: 'unknown', inode: '0', mountId: '0' };
  }
}
