import { mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { output } from '../../run.ts';
import type { Place } from './disks.ts';
import type { Loop } from './loop.ts';

interface Shown {
  readonly loop: Loop;
  readonly volumeId: string;
  /** The volume whose serial number the device shows; another one if the disk is wrong. */
  readonly serialOf: string;
}

/** Makes the device appear as the kernel and udev of this kind of instance show it. Returns a function that removes it. */
export async function addDeviceNames(place: Place, shown: Shown): Promise<() => Promise<void>> {
  const dev = join(place.folder, 'dev');
  await mkdir(join(dev, 'disk/by-id'), { recursive: true });
  const named =
    place.hypervisor === 'xen' ? await addXen(dev, place, shown) : await addNvme(dev, place, shown);
  const made = [...named, await addNumber(place, shown)];
  return async () => {
    for (const path of made) await rm(path, { recursive: true, force: true });
  };
}

/** A Xen instance shows a volume requested as /dev/sdf or /dev/xvdf as /dev/xvdf, without a serial number. */
async function addXen(dev: string, place: Place, { loop }: Shown): Promise<readonly string[]> {
  const name = basename(place.name).replace(/^sd/, 'xvd');
  const node = join(dev, name);
  await makeNode(node, loop);
  return [node, await addBlock(place, name, loop)];
}

/** The kernel's folder of a disk, with its number. */
async function addBlock({ folder }: Place, name: string, loop: Loop): Promise<string> {
  const block = join(folder, 'sys/block', name);
  await mkdir(block, { recursive: true });
  await writeFile(join(block, 'dev'), `${(await numberOf(loop)).join(':')}\n`);
  return block;
}

/** "Identify the EBS device": NVMe names follow the order of attachment. The serial number is the ID without its dash. */
async function addNvme(dev: string, place: Place, shown: Shown): Promise<readonly string[]> {
  const name = await makeFirstFree(dev, shown.loop);
  const block = await addBlock(place, name, shown.loop);
  const serial = `${shown.serialOf.replace('-', '')}\n`;
  await mkdir(join(block, 'device'), { recursive: true });
  await writeFile(join(block, 'serial'), serial);
  await writeFile(join(block, 'device/serial'), serial);
  await writeFile(join(block, 'device/model'), 'Amazon Elastic Block Store              \n');
  const id = `nvme-Amazon_Elastic_Block_Store_${shown.volumeId.replace('-', '')}`;
  const links = [id, `${id}-ns-1`].map((link) => join(dev, 'disk/by-id', link));
  for (const link of links) await symlink(`../../${name}`, link);
  return [...links, block, join(dev, name)];
}

/** nvme0n1 is the root volume, which has no disk here. */
async function makeFirstFree(dev: string, loop: Loop): Promise<string> {
  for (let index = 1; ; index++) {
    const name = `nvme${index}n1`;
    if ((await readdir(dev)).includes(name)) continue;
    try {
      await makeNode(join(dev, name), loop);
      return name;
    } catch (error) {
      // Another volume that is attached at the same time may have taken the name.
      if (!(await readdir(dev)).includes(name)) throw error;
    }
  }
}

/** Adds the link in /sys/dev/block, which lists all present devices by number. */
async function addNumber({ folder }: Place, { loop }: Shown): Promise<string> {
  const numbers = join(folder, 'sys/dev/block');
  await mkdir(numbers, { recursive: true });
  const link = join(numbers, (await numberOf(loop)).join(':'));
  await symlink(`../../devices/virtual/block/loop${loop.number}`, link);
  return link;
}

async function makeNode(path: string, loop: Loop): Promise<void> {
  const [major, minor] = await numberOf(loop);
  await output('mknod', [path, 'b', String(major), String(minor)]);
}

async function numberOf(loop: Loop): Promise<readonly [major: number, minor: number]> {
  const { rdev } = await stat(`/dev/loop${loop.number}`);
  return [(rdev >> 8) & 0xfff, (rdev & 0xff) | ((rdev >> 12) & 0xfff00)];
}
