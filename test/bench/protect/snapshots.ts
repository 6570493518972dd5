import { constants } from 'node:fs';
import { copyFile, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AdminClient } from '../../../src/cli/admin-client.ts';
import { createLinuxHost } from '../../../src/host/linux-host.ts';
import { loadSystemCalls, type SystemCalls } from '../../../src/host/system-calls.ts';
import { compare } from '../compare.ts';
import { run } from '../floors.ts';
import { openConnection } from '../load-client.ts';
import { median } from '../measure.ts';
import type { Report } from '../report.ts';
import { imageOf } from './by-hand.ts';
import { startWriting } from './longest-stall.ts';

export interface SnapshotParts {
  readonly client: AdminClient;
  readonly socketPath: string;
  /** The driver's root, on a file system that shares blocks. */
  readonly root: string;
  readonly mountRoot: string;
  readonly report: Report;
}

const effort = { warmUp: 1, times: 5 };
const rounds = 7;

/** Snapshots of images with all their blocks allocated, of 1 GiB and of 10 GiB. */
export async function benchSnapshots(parts: SnapshotParts): Promise<void> {
  const { client, socketPath, root, report } = parts;
  const images = join(root, '.holdfast/images');
  for (const [name, size] of [
    ['small', '1GiB'],
    ['large', '10GiB'],
  ] as const) {
    await client.ask('POST', '/v1/volumes/holdfast', { name, options: { size } });
    await run('fallocate', '--length', size, await imageOf(images, name));
  }
  const large = await imageOf(images, 'large');
  const host = await createLinuxHost({ systemCalls: 'auto' });
  const calls = await loadSystemCalls();
  const copies = join(root, '.copies');
  await run('mkdir', copies);
  let count = 0;
  const next = () => `s${count++}`;
  const connection = await openConnection(socketPath);
  const path = (name: string) => `/v1/volumes/holdfast/${name}/snapshots`;
  const snapshot = (name: string) => () => connection.call(path(name), JSON.stringify({ name: next() }));
  report.heading('A snapshot of an image on xfs', 'p95');
  const idle = await compare(
    rounds,
    { name: 'one FICLONE of the 10 GiB, durable', effort, act: () => ficlone(large, join(copies, next())) },
    [
      {
        name: 'one spawned `cp --reflink=always`',
        effort,
        act: () => run('cp', '--reflink=always', large, join(copies, next())),
      },
      {
        name: 'the least of a snapshot: the copy and a record, then the name, durable in this order',
        effort,
        act: () => leastSnapshot(large, join(copies, next()), calls),
      },
      { name: 'of 1 GiB, not in use', effort, act: snapshot('small') },
      { name: 'of 10 GiB, not in use', effort, act: snapshot('large') },
      {
        name: 'the same over a connection of its own',
        effort,
        act: () => client.ask('POST', path('large'), { name: next() }),
      },
    ],
  );
  report.comparison(idle, 'p95');
  await benchFrozen(parts, snapshot('large'), (mountpoint) =>
    host.files.cloneFrozen(large, join(copies, next()), { mountpoint, most: 100 }),
  );
  await host.close();
  connection.close();
  await rm(copies, { recursive: true });
}

async function benchFrozen(
  { client, mountRoot, report }: SnapshotParts,
  take: () => Promise<unknown>,
  copy: (mountpoint: string) => Promise<number>,
): Promise<void> {
  await client.ask('POST', '/v1/volumes/holdfast/large/mount');
  const mountpoint = join(mountRoot, 'holdfast/large');
  const writer = startWriting(join(mountpoint, 'file'));
  const [stalls, plain, took, frozen]: [number[], number[], number[], number[]] = [[], [], [], []];
  try {
    await writer.longest();
    for (let i = 0; i < 21; i += 1) {
      const began = performance.now();
      await take();
      const time = performance.now() - began;
      took.push(time);
      stalls.push(await writer.longest());
      await new Promise((resolve) => setTimeout(resolve, time));
      plain.push(await writer.longest());
      frozen.push(await copy(mountpoint));
      await writer.longest();
    }
  } finally {
    await writer.end();
    await client.ask('POST', '/v1/volumes/holdfast/large/unmount');
  }
  report.line('\n### A snapshot of 10 GiB in use\n');
  report.line('| what | median | longest of 21 |');
  report.line('|---|---|---|');
  const row = (what: string, times: readonly number[]) =>
    report.line(`| ${what} | ${median(times).toFixed(1)} ms | ${Math.max(...times).toFixed(1)} ms |`);
  row('the whole call', took);
  row('the freeze itself, by the clock of the process that freezes', frozen);
  row('a writer waits at most, during a snapshot', stalls);
  row('the same without one', plain);
}

async function ficlone(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
  await sync(to);
}

async function sync(path: string): Promise<void> {
  const file = await open(path);
  await file.sync();
  await file.close();
}

/**
 * What must be on the disk, in this order, for a snapshot that is never listed by half: copy and record together, then the name. The record
 * is written out first, for which xfs waits for one flush less.
 */
async function leastSnapshot(from: string, to: string, calls: SystemCalls | undefined): Promise<void> {
  await copyFile(from, `${to}.part`, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
  const record = await open(`${to}.json`, 'wx');
  await record.write('x'.repeat(600));
  await calls?.writeOut(record.fd, `${to}.json`);
  await record.close();
  await Promise.all([`${to}.part`, `${to}.json`, dirname(to)].map(sync));
  await rename(`${to}.part`, to);
  await sync(dirname(to));
}
