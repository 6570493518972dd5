import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReport, type Report } from './report.ts';
import { writeResults } from './results/results.ts';

/** The folders and the output of a benchmark run. */
export interface Workshop {
  /** On disk. */
  readonly folder: string;
  /** A folder in memory. */
  readonly memory: string;
  readonly report: Report;
}

/** Both folders are removed afterwards. */
export async function inWorkshop(work: (workshop: Workshop) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const memory = mkdtempSync('/dev/shm/holdfast-bench-');
  const report = createReport((line) => process.stdout.write(`${line}\n`));
  try {
    await work({ folder, memory, report });
    const file = join('build', `bench-${new Date().toISOString().replaceAll(':', '')}.json`);
    if (report.rows().length > 0) writeResults(file, report.rows());
  } finally {
    unmountBelow(folder);
    // Mountpoint directories are immutable.
    spawnSync('chattr', ['-R', '-f', '-i', folder]);
    for (const path of [folder, memory]) rmSync(path, { recursive: true, force: true });
  }
}

/** Unmounts everything below the folder, the last mount first. */
export function unmountBelow(folder: string): void {
  const mountpoints = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((mountpoint) => mountpoint.startsWith(`${folder}/`));
  for (const mountpoint of mountpoints.reverse()) spawnSync('umount', [mountpoint]);
}
