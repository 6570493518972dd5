import { closeSync } from 'node:fs';
import type { FileSystem, MountState } from '../host.ts';
import type { MountFacts, SystemCalls } from '../system-calls.ts';
import { systemError } from '../system-error.ts';
import { bindHere, bindRestricted } from './bind-directory.ts';
import { afterEnds, type DetachedOnes, mountImageDetached } from './detached.ts';
import { bindFlag, privateFlag, recursiveFlag, sharedFlag, splitOptions } from './flags.ts';
import { thaw } from './freeze.ts';
import { setImmutable } from './immutable-flag.ts';
import { mountError } from './kernel-devices.ts';
import type { KernelMounts, ReadMountTable } from './kernel-mounts.ts';
import { attachLoop, type LoopDevice, refreshLoop } from './loop-device.ts';
import { createMayBlock, type MayBlock, mountFacts } from './may-block.ts';

/**
 * Calls that never wait for a disk run in the calling thread (a bind takes 4 µs there, 70 µs on the pool), calls that may write to
 * a local disk on Node's pool, and calls that may wait for a server in a helper process (`remote`).
 */
export function systemCallMounts(
  calls: SystemCalls,
  remote: KernelMounts,
  readTable: ReadMountTable,
  detached: DetachedOnes,
): KernelMounts {
  const mayBlock = createMayBlock(calls, readTable);
  return {
    look: async (path) => look(calls, path, remote),
    bind: async (source, target, flags) => {
      const near = await mayBlock.of(source);
      if (near === 'symlink') throw systemError('ELOOP', 'bind', source);
      if (near === 'unknown') return remote.bind(source, target, flags);
      if (flags.length > 0) await bindRestricted(calls, source, target, flags, readTable);
      else bindHere(calls, source, target);
    },
    bindSelf: async (path) => calls.mount(path, path, bindFlag | recursiveFlag),
    mountImage: async (image, target, fileSystem) => {
      const near = await mayBlock.of(image);
      if (near === 'symlink' || near === 'unknown') return remote.mountImage(image, target, fileSystem);
      await mountLoop(calls, attachLoop(calls, image), target, fileSystem);
    },
    mountDetached: async (image, fileSystem) => {
      if (!calls.canDetach() || (await mayBlock.of(image)) !== 'local') return undefined;
      return mountImageDetached(calls, image, fileSystem, detached);
    },
    refreshLoop: async (device) => refreshLoop(calls, device),
    thaw: async (target) => thaw(calls, target),
    mountDisk: async (device, target, fileSystem) => {
      const near = await mayBlock.of(device);
      if (near === 'symlink') throw systemError('ELOOP', 'mount', device);
      if (near === 'unknown') return remote.mountDisk(device, target, fileSystem);
      await mountDevice(calls, device, target, fileSystem);
    },
    unmount: async (target) => unmount(calls, target, { mayBlock, remote, detached }),
    setPropagation: async (path, propagation) =>
      calls.mount('none', path, propagation === 'shared' ? sharedFlag : privateFlag),
    setImmutable: async (path, wanted) => setImmutable(calls, path, wanted),
  };
}

async function look(calls: SystemCalls, path: string, remote: KernelMounts): Promise<MountState> {
  try {
    const facts = calls.statMount(path);
    if (facts === undefined) return { kind: 'missing' };
    if (!facts.isMountRoot) return { kind: 'bare' };
    return { kind: 'mounted', device: facts.device, inode: facts.inode };
  } catch {
    // The mounted file system is dead (ESTALE, ENOTCONN, EIO), but the mount table still lists it.
    return remote.look(path);
  }
}

/** The open descriptor keeps the loop device attached until the mount does. If the mount fails, closing it detaches the device. */
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
  return calls.mountFileSystem(device, target, fileSystem.type, flags, data).catch((error) => {
    throw mountError(error, fileSystem.type);
  });
}

interface UnmountParts {
  readonly mayBlock: MayBlock;
  readonly remote: KernelMounts;
  readonly detached: DetachedOnes;
}

async function unmount(
  calls: SystemCalls,
  target: string,
  { mayBlock, remote, detached }: UnmountParts,
): Promise<void> {
  const facts = factsOrUnknown(calls, target);
  // Else it might not be the last mount of a file system that is to be at rest afterwards.
  await afterEnds(detached, facts.device);
  const ending = await mayBlock.ends(target, facts);
  if (ending === 'one-mount') calls.unmount(target);
  else if (ending === 'local-file-system') await calls.unmountFileSystem(target);
  else await remote.unmount(target);
}

/** For a dead mount, returns an unknown device, so that no other mount is taken for its device. */
function factsOrUnknown(calls: SystemCalls, target: string): MountFacts {
  const found = mountFacts(calls, target);
  if (typeof found === 'object') return found;
  return { isMountRoot: true, isSymlink: false, device: 'unknown', inode: '0', mountId: '0' };
}
