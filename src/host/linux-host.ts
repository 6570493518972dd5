import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { withErrnoCodes } from './files/errno-names.ts';
import { linuxFiles } from './files/linux-files.ts';
import type { Host } from './host.ts';
import { linuxParts, type PartsSettings } from './linux-parts.ts';
import { shareLooks } from './mount-use/shared-look.ts';
import { createUseLook, type UseLook } from './mount-use/thread.ts';
import { noneDetached } from './mounts/detached.ts';
import { linuxMounts } from './mounts/linux-mounts.ts';
import { systemCallMounts } from './mounts/system-call-mounts.ts';
import { createWhileFrozen } from './mounts/while-frozen.ts';
import { linuxNetwork } from './network.ts';
import { linuxProjects } from './projects/linux-projects.ts';
import { linuxRemote } from './remote/linux-remote.ts';
import { createRemotes, type RemoteSettings } from './remote/remotes.ts';
import { standardSearchPath } from './run-command.ts';
import { linuxSubvolumes } from './subvolumes/linux-subvolumes.ts';

export interface LinuxHostSettings extends PartsSettings {
  readonly useLook?: UseLook;
  readonly remote?: RemoteSettings;
}

export async function createLinuxHost(settings: LinuxHostSettings): Promise<Host> {
  const parts = await linuxParts(settings);
  const { calls, spawned, programs, readTable, newId } = parts;
  const detached = noneDetached();
  const kernel = calls ? systemCallMounts(calls, spawned, readTable, detached) : spawned;
  const useLook = settings.useLook ?? createUseLook();
  const remotes = createRemotes(linuxRemote(parts), settings.remote ?? {}, settings);
  const uses = shareLooks(
    (root) => useLook.look(root),
    () => performance.now(),
  );
  return {
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    files: withErrnoCodes(
      linuxFiles({ calls, kernel, programs, readTable, newId, detachedRoots: detached.roots }),
    ),
    mounts: linuxMounts(
      kernel,
      readTable,
      uses,
      createWhileFrozen(settings.searchPath ?? standardSearchPath),
    ),
    programs,
    network: linuxNetwork(programs),
    projects: linuxProjects({ calls, readTable }),
    subvolumes: linuxSubvolumes({ calls, readTable }),
    remote: remotes.of,
    now: () => Date.now(),
    uptime: () => Math.round(uptime() * 1000),
    newId,
    close: async () => void (await Promise.all([useLook.close(), remotes.close()])),
  };
}
