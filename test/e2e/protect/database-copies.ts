import { writeFile } from 'node:fs/promises';
import { expect } from '@jest/globals';
import type { Machine } from '../../lab/machine.ts';
import { type RunningWorkload, readWorkload, startWorkload } from '../../lab/workloads/container.ts';
import { workloadUser } from '../../lab/workloads/first-files.ts';
import type { Workload } from '../../lab/workloads/workload.ts';

type Host = Pick<Machine, 'folder' | 'docker' | 'engine' | 'eventually'> & {
  readonly holdfast: Pick<Machine['holdfast'], 'tryCommand'>;
};

/** Rows between two acts. */
const some = 60;

/** A database that is written to while it is copied. */
export interface CopiedDatabase {
  /** A snapshot, made while the database is written to, and a clone of it. */
  snapshot(): Promise<void>;
  /** A backup, made in the same way, is proven and restored. */
  backup(): Promise<void>;
  /** It still runs at the end. */
  end(): Promise<void>;
}

interface Window {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** `around`: flags of what is made while the database is in use. */
export async function startCopied(
  host: Host,
  workload: Workload,
  options: readonly string[],
  around: readonly string[],
): Promise<CopiedDatabase> {
  const { name } = workload;
  const owner = [`uid=${workloadUser.uid}`, `gid=${workloadUser.gid}`, 'mode=0700'];
  const flags = [...options, ...owner].flatMap((option) => ['-o', option]);
  await host.docker('volume', 'create', '--driver=holdfast', ...flags, name);
  const running = await startWorkload(host, workload, name);
  const command = (...words: readonly string[]) => patiently(host, words);
  const during = async (...words: readonly string[]): Promise<Window> => {
    const before = await grown(host, running);
    await command(...words);
    return { before, after: await running.acknowledged() };
  };
  return {
    async snapshot() {
      const kept = await during('snapshot', 'create', `${name}@s`, ...around);
      await grown(host, running);
      await command('volume', 'clone', `${name}@s`, `${name}-clone`);
      await expectRows(host, workload, `${name}-clone`, kept);
    },
    async backup() {
      await writeFile(`${host.folder}/password`, 'a password', { mode: 0o600 });
      await host.holdfast.tryCommand('backup', 'init', 'nas');
      const backedUp = await during('backup', 'run', 'nightly', name, ...around);
      await command('backup', 'prove', 'nightly', name);
      await command('backup', 'restore', `nas:${name}`, `${name}-again`);
      await expectRows(host, workload, `${name}-again`, backedUp);
    },
    async end() {
      await running.stillRuns();
      await command('snapshot', 'rm', `${name}@s`);
    },
  };
}

/** A command that takes longer than callers wait is repeated, and joins the work. */
async function patiently(host: Host, words: readonly string[]): Promise<void> {
  for (;;) {
    const { exitCode, stderr } = await host.holdfast.tryCommand(...words);
    if (exitCode === 0) return;
    if (!stderr.includes('the same call again joins it'))
      throw new Error(`holdfast ${words.join(' ')}: ${stderr}`);
  }
}

/** Waits as long as one row follows another. */
async function grown(host: Host, running: RunningWorkload): Promise<readonly number[]> {
  let rows = await running.acknowledged();
  const wanted = rows.length + some;
  while (rows.length < wanted) {
    const { length } = rows;
    rows = await host.eventually('another row is acknowledged', async () => {
      await running.stillRuns();
      const now = await running.acknowledged();
      return now.length > length && now;
    });
  }
  return rows;
}

/** Each copy starts, recovers, passes the checks of its database, and has every row acknowledged before, and none of later. */
async function expectRows(host: Host, workload: Workload, volume: string, window: Window): Promise<void> {
  const { before, after } = window;
  const found = await readWorkload(host, workload, volume, before);
  expect(found.slice(0, before.length)).toEqual(before);
  // The last one may have been written and not acknowledged yet.
  expect(found.length).toBeLessThanOrEqual(after.length + 1);
}
