import { constants } from 'node:fs';
import { copyFile, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AdminClient } from '../../../src/cli/admin-client.ts';
import { createLinuxHost } from '../../../src/host/linux-host.ts';
import { loadSystemCalls, type SystemCalls } from '../../../src/host/system-calls.ts';
import { compare } from '../compare.ts';
import { run } from '../floors.ts';
import { type LoadConnection, openConnection } from '../load-client.ts';
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

/** A volume, and its size in words. */
interface Measured {
  readonly name: string;
  readonly size: string;
}

const [small, large] = [
  { name: 'small', size: '1 GiB' },
  { name: 'large', size: '10 GiB' },
] as const;

/** Snapshots of images with all their blocks allocated, of 1 GiB and of 10 GiB. */
export async function benchSnapshots(parts: SnapshotParts): Promise<void> {
  parts.report.heading('A snapshot of an image on xfs', 'p95');
  await benchUnused(parts, large, [small]);
  const host = await createLinuxHost({ systemCalls: 'auto' });
  const connection = await openConnection(parts.socketPath);
  const image = await imageOf(imagesBelow(parts), large.name);
  const copies = join(parts.root, '.frozen');
  await run('mkdir', copies);
  await benchFrozen(parts, snapshotOf(connection, large), (mountpoint) =>
    host.files.cloneFrozen(image, join(copies, next()), { mountpoint, most: 100 }),
  );
  await host.close();
  connection.close();
  await rm(copies, { recursive: true });
}

/** Snapshots of volumes that nobody uses, made here; the floor is of the first one's image. */
export async function benchUnused(
  parts: SnapshotParts,
  first: Measured,
  others: readonly Measured[] = [],
): Promise<void> {
  const { client, socketPath, root, report } = parts;
  for (const { name, size } of [first, ...others]) {
    const options = { size: size.replace(' ', '') };
    await client.ask('POST', '/v1/volumes/holdfast', { name, options });
    await run('fallocate', '--length', options.size, await imageOf(imagesBelow(parts), name));
  }
  const image = await imageOf(imagesBelow(parts), first.name);
  const calls = await loadSystemCalls();
  const copies = join(root, '.copies');
  await run('mkdir', copies);
  const connection = await openConnection(socketPath);
  const measured = [...others, first].map((one) => ({
    name: `of ${one.size}, not in use`,
    effort,
    act: snapshotOf(connection, one),
  }));
  const idle = await compare(
    rounds,
    {
      name: `one FICLONE of the ${first.size}, durable`,
      effort,
      act: () => ficlone(image, join(copies, next())),
    },
    [
      {
        name: 'one spawned `cp --reflink=always`',
        effort,
        act: () => run('cp', '--reflink=always', image, join(copies, next())),
      },
      {
        name: 'the least of a snapshot: the copy and a record, then the name, durable in this order',
        effort,
        act: () => leastSnapshot(image, join(copies, next()), calls),
      },
      ...measured,
      {
        name: 'the same over a connection of its own',
        effort,
        act: () => client.ask('POST', snapshotsPath(first), { name: next() }),
      },
    ],
  );
  report.comparison(idle, 'p95');
  connection.close();
  await rm(copies, { recursive: true });
}

let count = 0;
const next = () => `s${count++}`;
const imagesBelow = ({ root }: SnapshotParts) => join(root, '.holdfast/images');
const snapshotsPath = ({ name }: Measured) => `/v1/volumes/holdfast/${name}/snapshots`;

function snapshotOf(connection: LoadConnection, volume: Measured): () => Promise<unknown> {
  return () => connection.call(snapshotsPath(volume), JSON.stringify({ name: next() }));
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
