import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminClient } from '../../../src/cli/admin-client.ts';
import { field, textField } from '../../../src/core/json.ts';
import { bytesBelow } from '../../lab/repositories/server.ts';
import { run } from '../floors.ts';
import { median } from '../measure.ts';
import type { Report } from '../report.ts';
import { imageOf, snapshotByHand } from './by-hand.ts';

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

/** BENCH_FILES: fewer, on a machine without time or room. */
const files = Number(process.env.BENCH_FILES ?? 2048);
const fileBytes = 2 ** 20;
/** 1 % of the files. */
const changed = Math.ceil(files / 100);
const rounds = 5;

interface Run {
  readonly seconds: number;
  /** Seconds of processors, those of children included. */
  readonly work: number;
  /** Bytes that the repository gained. */
  readonly sent: number;
}

interface Round {
  /** restic over the mounted snapshot. */
  readonly alone: Run;
  /** Making, mounting and deleting that. */
  readonly snapshot: Run;
  /** restic over one small file: what it costs to keep a manifest. */
  readonly started: Run;
  /** All files read once more for their checksums, out of memory. */
  readonly hashed: Run;
  readonly ours: Run;
}

/**
 * Backups of a volume in use, with data that cannot be compressed. The floor is restic's own run over the same tree, a mounted snapshot
 * that was made by hand, with a repository of its own. What Holdfast does besides has floors too.
 */
export async function benchBackups({ client, folder, report, pid }: BackupBench): Promise<void> {
  writeFileSync(join(folder, 'password'), 'secret', { mode: 0o600 });
  await client.ask('POST', '/v1/volumes/holdfast', { name: 'kept', options: { size: '4GiB' } });
  await client.ask('POST', '/v1/volumes/holdfast/kept/mount');
  const tree = join(folder, 'mnt/holdfast/kept');
  try {
    for (let i = 0; i < files; i += 1) write(tree, i);
    const [floor, aside, small] = ['floor', 'aside', 'small'].map((name) => join(folder, name));
    if (floor === undefined || aside === undefined || small === undefined) return;
    for (const path of [floor, aside, small]) mkdirSync(path);
    writeFileSync(join(small, 'file'), 'x'.repeat(1000));
    const byHand = snapshotByHand(
      tree,
      await imageOf(join(folder, 'volumes/.holdfast/images'), 'kept'),
      aside,
    );
    const own = (work: () => Promise<void>) => measured(floor, '/proc/self/stat', work);
    const whole = () =>
      measured(join(folder, 'repository'), `/proc/${pid}/stat`, () =>
        task(client, { do: 'run', plan: 'yearly', volumes: ['kept'] }),
      );
    await task(client, { do: 'init', repository: 'nas' });
    // With the same key: how long it takes to derive depends on how busy the machine was.
    await run('cp', '--archive', `${join(folder, 'repository')}/.`, floor);
    const round = async (): Promise<Round> => {
      const made = await own(byHand.make);
      const alone = await own(() => restic(folder, 'backup', '--json', '--host', 'bench', aside));
      const hashed = await own(() => run('sh', '-c', 'find "$0" -type f -exec cat {} + | sha256sum', aside));
      const removed = await own(byHand.remove);
      const started = await own(() => restic(folder, 'backup', '--json', '--host', 'bench', small));
      return { alone, snapshot: sum([made, removed]), started, hashed, ours: await whole() };
    };
    const first = await round();
    const later: Round[] = [];
    for (let count = 0; count < rounds; count += 1) {
      for (let i = 0; i < changed; i += 1) write(tree, (count * changed + i) % files);
      later.push(await round());
    }
    print(report, [
      ['the first', [first]],
      ['with 1 % of the files changed', later],
    ]);
  } finally {
    await client.ask('POST', '/v1/volumes/holdfast/kept/unmount');
  }
}

function write(tree: string, index: number): void {
  writeFileSync(join(tree, `${index}`), randomBytes(fileBytes), { flush: true });
}

function print(report: Report, rows: readonly (readonly [string, readonly Round[]])[]): void {
  const size = `${files * (fileBytes / 2 ** 20)} MiB`;
  report.line(`\n### A backup of ${size} to a directory\n`);
  report.line('| what | by the clock | ratio | processor | ratio | stored |');
  report.line('|---|---|---|---|---|---|');
  for (const [name, all] of rows) {
    const of = (pick: (round: Round) => Run) => medianOf(all.map(pick));
    const floor = of(({ alone }) => alone);
    const row = (what: string, { seconds, work, sent }: Run) => {
      const [clock, processor] = [seconds / floor.seconds, work / floor.work].map((one) => one.toFixed(2));
      const stored = `${(sent / 2 ** 20).toFixed(1)} MiB`;
      report.line(
        `| ${what} | ${seconds.toFixed(2)} s | ${clock} | ${work.toFixed(2)} s | ${processor} | ${stored} |`,
      );
    };
    row(`${name}: restic alone, over a mounted snapshot`, floor);
    row(
      'making, mounting and deleting the snapshot by hand',
      of(({ snapshot }) => snapshot),
    );
    row(
      'one more start of restic, for one small file',
      of(({ started }) => started),
    );
    row(
      'these three together',
      of(({ alone, snapshot, started }) => sum([alone, snapshot, started])),
    );
    row(
      '`sha256sum` of the tree, out of memory',
      of(({ hashed }) => hashed),
    );
    row(
      'Holdfast',
      of(({ ours }) => ours),
    );
  }
}

function sum(runs: readonly Run[]): Run {
  const of = (what: keyof Run) => runs.reduce((all, run) => all + run[what], 0);
  return { seconds: of('seconds'), work: of('work'), sent: of('sent') };
}

function medianOf(runs: readonly Run[]): Run {
  const of = (what: keyof Run) => median(runs.map((run) => run[what]));
  return { seconds: of('seconds'), work: of('work'), sent: of('sent') };
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
