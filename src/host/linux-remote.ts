import { bindOnPool, makeReadOnly } from './bind-directory.ts';
import type { Remote } from './host.ts';
import { linuxFiles } from './linux-files.ts';
import type { LinuxParts } from './linux-parts.ts';

/**
 * Calls that may wait for a server as long as it likes: each on the thread pool or in a program, none in the calling
 * thread, so that one that hangs keeps no other from being begun. For a process whose pool is there for nothing else.
 */
export function linuxRemote({ calls, spawned, programs, readTable, newId }: LinuxParts): Remote {
  return {
    files: linuxFiles({ calls, kernel: spawned, programs, readTable, newId }),
    bind: async (source, target, access) => {
      if (!calls) return spawned.bind(source, target, access);
      await bindOnPool(calls, source, target);
      if (access === 'read-only') await makeReadOnly(calls, target, readTable);
    },
  };
}
