import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Host, MountEntry } from './host.ts';
import { linuxFiles } from './linux-files.ts';
import { linuxMounts } from './linux-mounts.ts';
import { parseMountTable } from './mount-table.ts';
import { createUseLook, type UseLook } from './mount-use-thread.ts';
import { createPrograms, standardSearchPath } from './run-command.ts';
import { shareLooks } from './shared-look.ts';
import { spawnedMounts } from './spawned-mounts.ts';
import { systemCallMounts } from './system-call-mounts.ts';
import { loadSystemCalls } from './system-calls.ts';

export interface LinuxHostSettings {
  /** `spawned` does everything by the plain helpers, as where koffi does not load. */
  readonly systemCalls: 'auto' | 'spawned';
  /** Where programs are found. */
  readonly searchPath?: string;
  readonly useLook?: UseLook;
}

export async function createLinuxHost(settings: LinuxHostSettings): Promise<Host> {
  const programs = createPrograms({ searchPath: settings.searchPath ?? standardSearchPath });
  const calls = settings.systemCalls === 'auto' ? await loadSystemCalls() : undefined;
  const spawned = spawnedMounts(programs, readOwnTable);
  const kernel = calls ? systemCallMounts(calls, spawned, readOwnTable) : spawned;
  const useLook = settings.useLook ?? createUseLook();
  const uses = shareLooks(
    (root) => useLook.look(root),
    () => performance.now(),
  );
  return {
    bootId: (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim(),
    files: linuxFiles({ calls, kernel, programs, readTable: readOwnTable, newId }),
    mounts: linuxMounts(kernel, readOwnTable, uses),
    programs,
    now: () => Date.now(),
    newId,
    close: () => useLook.close(),
  };
}

async function readOwnTable(): Promise<readonly MountEntry[]> {
  return parseMountTable(await readFile('/proc/self/mountinfo', 'utf8'));
}

function newId(): string {
  return randomBytes(8).toString('hex');
}
