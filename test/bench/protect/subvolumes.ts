import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mountLoopFileSystem } from '../../lab/loop/file-system.ts';
import { compare } from '../compare.ts';
import { run } from '../floors.ts';
import { startHoldfast } from '../holdfast.ts';
import { lacking } from '../lab.ts';
import type { Workshop } from '../workshop.ts';
import { openAdmin } from './open-admin.ts';

const effort = { warmUp: 1, times: 5 };
const rounds = 7;
const files = 20_000;

/** Measures snapshots of directories on btrfs, with few files and with many. */
export async function benchBtrfs({ report, memory }: Workshop): Promise<void> {
  const missing = lacking({ programs: ['mkfs.btrfs', 'btrfs'], paths: ['/dev/loop-control'] });
  if (missing !== undefined) return report.line(`\nbtrfs is skipped: it needs ${missing}.`);
  const disk = mountLoopFileSystem('btrfs', 8 * 2 ** 30);
  const server = await startHoldfast(disk.path, memory);
  try {
    const client = await openAdmin(disk.path);
    const root = join(disk.path, 'volumes');
    for (const name of ['few', 'many']) await client.ask('POST', '/v1/volumes/holdfast', { name });
    await fill(join(root, 'few'), 10);
    await fill(join(root, 'many'), files);
    let count = 0;
    const next = () => `s${count++}`;
    const snapshot = (name: string) => () =>
      client.ask('POST', `/v1/volumes/holdfast/${name}/snapshots`, { name: next() });
    const copies = join(disk.path, 'copies');
    await mkdir(copies);
    report.heading('A snapshot of a directory on btrfs', 'p95');
    const figures = await compare(
      rounds,
      {
        name: 'one spawned `btrfs subvolume snapshot -r`',
        effort,
        act: () => run('btrfs', 'subvolume', 'snapshot', '-r', join(root, 'many'), join(copies, next())),
      },
      [
        { name: 'of 10 files', effort, act: snapshot('few') },
        { name: `of ${files} files`, effort, act: snapshot('many') },
        {
          name: `\`cp --archive --reflink=auto\` of ${files} files`,
          effort: { warmUp: 0, times: 1 },
          act: () => run('cp', '--archive', '--reflink=auto', join(root, 'many'), join(copies, next())),
        },
      ],
    );
    report.comparison(figures, 'p95');
  } finally {
    await server.stop();
    disk.remove();
  }
}

async function fill(directory: string, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const folder = join(directory, `${index % 100}`);
    if (index < 100) await mkdir(folder);
    await writeFile(join(folder, `${index}`), 'x'.repeat(4096));
  }
}
