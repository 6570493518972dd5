import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { linuxHostUnderTest } from '../../host/linux-host-under-test.ts';
import { takeBlocks, takeInodes } from '../../lab/fill-disk.ts';
import { describeWith } from '../../lab/requirements.ts';
import { output } from '../../lab/run.ts';
import { describeFullDisk, type FullStorage } from '../shared/recorded/full-disk-rules.ts';
import { directories, ext4Images, localOn } from './under-test.ts';

type Mount = (place: string) => Promise<unknown>;

const tmpfs =
  (options: string): Mount =>
  (place) =>
    output('mount', ['-t', 'tmpfs', '-o', options, 'none', place]);

const disk =
  (size: string, ...mkfs: readonly string[]): Mount =>
  async (place) => {
    const image = `${place}.img`;
    await output('truncate', ['-s', size, image]);
    await output('mkfs.ext4', ['-q', '-m', '0', ...mkfs, image]);
    await output('mount', ['-o', 'loop', image, place]);
  };

/** A local driver whose root is a separate small file system. */
async function small(mount: Mount, fill: (place: string) => void): Promise<FullStorage> {
  const under = await linuxHostUnderTest('auto');
  const place = join(under.folder, 'disk');
  mkdirSync(place);
  await mount(place);
  const local = await localOn(under, { root: join(place, 'volumes') });
  const filler = join(place, 'filler');
  return {
    ...local,
    fill: async () => {
      mkdirSync(filler);
      fill(filler);
    },
    drain: async () => rmSync(filler, { recursive: true, force: true }),
  };
}

describeWith(
  { root: true, programs: ['mkfs.ext4', 'e2fsck'], paths: ['/dev/loop-control'] },
  'on small file systems',
  () => {
    describeFullDisk('an ext4 without blocks', directories, () => small(disk('16M'), takeBlocks));
    describeFullDisk('an ext4 without inodes', directories, () =>
      small(disk('64M', '-N', '200'), takeInodes),
    );
    describeFullDisk('images on an ext4 without blocks', ext4Images, () => small(disk('64M'), takeBlocks));
    describeFullDisk('a tmpfs without blocks', directories, () => small(tmpfs('size=2m'), takeBlocks));
    describeFullDisk('a tmpfs without inodes', directories, () => small(tmpfs('nr_inodes=200'), takeInodes));
  },
);
