import { bindOnPool, makeReadOnly } from './bind-directory.ts';
import type { Remote } from './host.ts';
import { linuxFiles } from './linux-files.ts';
import { unmountIfMounted } from './linux-mounts.ts';
import type { LinuxParts } from './linux-parts.ts';
import { systemCallMounts } from './system-call-mounts.ts';

/**
 * Calls that may wait for a server or a disk as long as it likes: each on the thread pool or in a program, none in the
 * calling thread, so that one that hangs keeps no other from being begun. For a process whose pool is there for nothing else.
 */
export function linuxRemote({ calls, spawned, programs, readTable, newId }: LinuxParts): Remote {
  const kernel = calls ? systemCallMounts(calls, spawned, readTable) : spawned;
  return {
    files: linuxFiles({ calls, kernel: spawned, programs, readTable, newId }),
    bind: async (source, target, access) => {
      if (!calls) return spawned.bind(source, target, access);
      await bindOnPool(calls, source, target);
      if (access === 'read-only') await makeReadOnly(calls, target, readTable);
    },
    mountDisk: (device, target, fileSystem) => kernel.mountDisk(device, target, fileSystem),
    unmount: (target) => unmountIfMounted(kernel, target),
  };
}
