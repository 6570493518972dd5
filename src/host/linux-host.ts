import { readFile } from 'node:fs/promises';
import type { Host } from './host.ts';
import { linuxFiles } from './linux-files.ts';
import { linuxMounts } from './linux-mounts.ts';
import { linuxParts, type PartsSettings } from './linux-parts.ts';
import { linuxRemote } from './linux-remote.ts';
import { createUseLook, type UseLook } from './mount-use-thread.ts';
import { namedFiles } from './named-files.ts';
import { linuxNetwork } from './network.ts';
import { createRemotes, type RemoteSettings } from './remotes.ts';
import { shareLooks } from './shared-look.ts';
import { systemCallMounts } from './system-call-mounts.ts';

export interface LinuxHostSettings extends PartsSettings {
  readonly useLook?: UseLook;
  readonly remote?: RemoteSettings;
}

export async function createLinuxHost(settings: LinuxHostSettings): Promise<Host> {
  const parts = await linuxParts(settings);
  const { calls, spawned, programs, readTable, newId } = parts;
  const kernel = calls ? systemCallMounts(calls, spawned, readTable) : spawned;
  const useLook = settings.useLook ?? createUseLook();
  const remotes = createRemotes(linuxRemote(parts), settings.remote ?? {}, settings);
  const uses = shareLooks(
    (root) => useLook.look(root),
    () => performance.now(),
  );
  return {
    bootId: (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim(),
    files: namedFiles(linuxFiles({ calls, kernel, programs, readTable, newId })),
    mounts: linuxMounts(kernel, readTable, uses),
    programs,
    network: linuxNetwork(programs),
    remote: remotes.of,
    now: () => Date.now(),
    newId,
    close: async () => void (await Promise.all([useLook.close(), remotes.close()])),
  };
}
