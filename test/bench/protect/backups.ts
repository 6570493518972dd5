import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminClient } from '../../../src/cli/admin-client.ts';
import { field, textField } from '../../../src/core/json.ts';
import { bytesBelow } from '../../lab/repositories/server.ts';
import { median } from '../measure.ts';
import type { Report } from '../report.ts';

export interface BackupBench {
  readonly client: AdminClient;
  readonly folder: string;
  readonly report: Report;
  /** The process ID of the daemon. */
  readonly pid: number;
}

/** What the daemon's configuration has of backups. */
export function backupConfiguration(folder: string): object {
  const nas = { url: join(folder, 'repository'), passwordFile: join(folder, 'password') };
  return {
    repositories: { nas },
    backups: { yearly: { repository: 'nas', schedule: '0 3 1 1 *', prove: '0 4 1 1 *' } },
  };
}

const files = 2048;
const fileBytes = 2 ** 20;
/** 1 % of the files. */
const changed = 20;
const rounds = 5;

interface Run {
  readonly seconds: number;
  /** Seconds of processors, those of children included. */
  readonly work: number;
  /** Bytes that the repository gained. */
  readonly sent: number;
}

/** Backups of 2 GiB that cannot be compressed, in use; the floor is restic's own run over the same tree, with a repository of its own. */
export async function benchBackups({ client, folder, report, pid }: BackupBench): Promise<void> {
  writeFileSync(join(folder, 'password'), 'secret', { mode: 0o600 });
  await client.ask('POST', '/v1/volumes/holdfast', { name: 'kept', options: { size: '4GiB' } });
  await client.ask('POST', '/v1/volumes/holdfast/kept/mount');
  const tree = join(folder, 'mnt/holdfast/kept');
  try {
    for (let i = 0; i < files; i += 1) write(tree, i);
    const floor = join(folder, 'floor');
    mkdirSync(floor);
    await restic(folder, 'init');
    await task(client, { do: 'init', repository: 'nas' });
    const alone = () =>
      measured(floor, '/proc/self/stat', () => restic(folder, 'backup', '--json', '--host', 'bench', tree));
    const whole = () =>
      measured(join(folder, 'repository'), `/proc/${pid}/stat`, () =>
        task(client, { do: 'run', plan: 'yearly', volumes: ['kept'] }),
      );
    const [firstAlone, first] = [await alone(), await whole()];
    const [laterAlone, later]: [Run[], Run[]] = [[], []];
    for (let round = 0; round < rounds; round += 1) {
      for (let i = 0; i < changed; i += 1) write(tree, round * changed + i);
      laterAlone.push(await alone());
      later.push(await whole());
    }
    print(report, [
      ['the first', [firstAlone], [first]],
      ['with 1 % of the files changed', laterAlone, later],
    ]);
  } finally {
    await client.ask('POST', '/v1/volumes/holdfast/kept/unmount');
  }
}

function write(tree: string, index: number): void {
  writeFileSync(join(tree, `${index}`), randomBytes(fileBytes), { flush: true });
}

function print(report: Report, rows: readonly (readonly [string, readonly Run[], readonly Run[]])[]): void {
  report.line('\n### A backup of 2 GiB to a directory\n');
  report.line(
    '| which | restic alone | Holdfast | ratio | processor, restic alone | Holdfast | ratio | stored |',
  );
  report.line('|---|---|---|---|---|---|---|---|');
  for (const [name, alone, ours] of rows) {
    const both = (what: 'seconds' | 'work') => {
      const [a, b] = [alone, ours].map((runs) => median(runs.map((run) => run[what])));
      return `${a?.toFixed(1)} s | ${b?.toFixed(1)} s | ${((b ?? 0) / (a ?? 1)).toFixed(2)}`;
    };
    const sent = median(ours.map((run) => run.sent)) / 2 ** 20;
    report.line(`| ${name} | ${both('seconds')} | ${both('work')} | ${sent.toFixed(1)} MiB |`);
  }
}

async function measured(repository: string, stat: string, work: () => Promise<void>): Promise<Run> {
  const [bytes, before, began] = [bytesBelow(repository), worked(stat), performance.now()];
  await work();
  return {
    seconds: (performance.now() - began) / 1000,
    work: worked(stat) - before,
    sent: bytesBelow(repository) - bytes,
  };
}

/** Seconds of processors that a process and its ended children had: see proc(5). */
function worked(stat: string): number {
  const text = readFileSync(stat, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
}

async function task(client: AdminClient, wanted: object): Promise<void> {
  const id = textField(await client.ask('POST', '/v1/backups/tasks', wanted), 'id');
  for (;;) {
    const job = await client.ask('GET', `/v1/backups/tasks/${id}`);
    if (textField(job, 'state') === 'done') return;
    if (textField(job, 'state') === 'failed') throw new Error(JSON.stringify(field(job, 'error')));
    await sleep(100);
  }
}

async function restic(folder: string, ...args: readonly string[]): Promise<void> {
  const env = {
    PATH: process.env.PATH,
    RESTIC_REPOSITORY: join(folder, 'floor'),
    RESTIC_PASSWORD_FILE: join(folder, 'password'),
    RESTIC_CACHE_DIR: join(folder, 'floor-cache'),
    RESTIC_PROGRESS_FPS: '1',
  };
  const [code] = await once(spawn('restic', args, { env, stdio: ['ignore', 'ignore', 'inherit'] }), 'exit');
  if (code !== 0) throw new Error(`restic ${args.join(' ')} ended with ${code}`);
}
