import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFile as readFileOf } from 'node:fs';
import { promisify } from 'node:util';
import type { MountEntry, Programs } from './host.ts';
import type { KernelMounts, ReadMountTable } from './mounts/kernel-mounts.ts';
import { spawnedMounts } from './mounts/spawned-mounts.ts';
import { parseMountTable } from './mounts/table.ts';
import { createPrograms, type ProgramGroup, standardSearchPath } from './run-command.ts';
import { loadSystemCalls, type SystemCalls } from './system-calls.ts';

export interface PartsSettings {
  /** `spawned`: use the plain helper programs for everything, as if koffi could not be loaded. */
  readonly systemCalls: 'auto' | 'spawned';
  /** PATH of the programs. */
  readonly searchPath?: string;
}

/** The parts that the host and its helper processes have in common. */
export interface LinuxParts {
  readonly calls: SystemCalls | undefined;
  readonly spawned: KernelMounts;
  readonly programs: Programs;
  readonly readTable: ReadMountTable;
  readonly newId: () => string;
}

export async function linuxParts(settings: PartsSettings, group: ProgramGroup = 'own'): Promise<LinuxParts> {
  const programs = createPrograms({ searchPath: settings.searchPath ?? standardSearchPath, group });
  const calls = settings.systemCalls === 'auto' ? await loadSystemCalls() : undefined;
  return { calls, spawned: spawnedMounts(programs, readOwnTable), programs, readTable: readOwnTable, newId };
}

const readFile = promisify(readFileOf);

/** Opened in the calling thread, as nothing of procfs waits for a disk; some file systems look at theirs when the content is read. */
async function readOwnTable(): Promise<readonly MountEntry[]> {
  const fd = openSync('/proc/self/mountinfo', 'r');
  try {
    return parseMountTable(await readFile(fd, 'utf8'));
  } finally {
    closeSync(fd);
  }
}

function newId(): string {
  return randomBytes(8).toString('hex');
}
