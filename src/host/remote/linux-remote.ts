import { linuxFiles } from '../files/linux-files.ts';
import type { Remote } from '../host.ts';
import type { LinuxParts } from '../linux-parts.ts';
import { bindOnPool, bindRestricted } from '../mounts/bind-directory.ts';
import { noneDetached } from '../mounts/detached.ts';
import { unmountIfMounted } from '../mounts/linux-mounts.ts';
import { systemCallMounts } from '../mounts/system-call-mounts.ts';

/**
 * Calls that may wait for a server or a disk without limit. They run on the thread pool or in a program, never in the calling
 * thread, so that a hanging call does not block others. For a process that uses its thread pool for nothing else.
 */
export function linuxRemote({ calls, spawned, programs, readTable, newId }: LinuxParts): Remote {
  const kernel = calls ? systemCallMounts(calls, spawned, readTable, noneDetached()) : spawned;
  const files = linuxFiles({ calls, kernel: spawned, programs, readTable, newId });
  return {
    ready: async () => undefined,
    files,
    looks: files,
    bind: async (source, target, flags) => {
      if (!calls) return spawned.bind(source, target, flags);
      if (flags.length > 0) await bindRestricted(calls, source, target, flags, readTable);
      else await bindOnPool(calls, source, target);
    },
    mountDisk: (device, target, fileSystem) => kernel.mountDisk(device, target, fileSystem),
    unmount: (target) => unmountIfMounted(kernel, target),
  };
}
