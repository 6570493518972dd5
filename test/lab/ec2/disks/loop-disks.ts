import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { output } from '../../run.ts';
import { addDeviceNames } from './device-folder.ts';
import { type Device, type Disks, noDevice, type Place } from './disks.ts';
import { attachLoop, type Loop } from './loop.ts';

/** Sparse files, which are plugged in as loop devices. Needs root. */
export function loopDisks(folder: string): Disks {
  const devices = new Set<Device>();
  const fileOf = (id: string) => join(folder, id);
  return {
    create: async (id, gib, copyOf) => {
      await mkdir(folder, { recursive: true });
      if (copyOf !== undefined) await copy(fileOf(copyOf), fileOf(id));
      await resizeFile(fileOf(id), gib);
    },
    grow: (id, gib) => resizeFile(fileOf(id), gib),
    remove: (id) => rm(fileOf(id), { force: true }),
    plug: async (id, place) => {
      const device = await plug(id, fileOf, place);
      devices.add(device);
      return { ...device, unplug: () => device.unplug().finally(() => devices.delete(device)) };
    },
    close: async () => {
      for (const device of devices) await device.unplug();
      devices.clear();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function plug(id: string, fileOf: (id: string) => string, place: Place): Promise<Device> {
  const { ailment } = place;
  if (ailment?.kind === 'no-device') return noDevice;
  const shown = ailment?.kind === 'wrong-disk' ? ailment.volumeId : id;
  const loop =
    ailment?.kind === 'unreadable' ? await unreadable(fileOf(id)) : await attachLoop(fileOf(shown));
  const removeNames = await addDeviceNames(place, { loop, volumeId: id, serialOf: shown });
  let gone: Promise<void> | undefined;
  const unplug = async () => {
    await removeNames();
    if (shown === id && !ailment && (await loop.isHeld())) await cutOff(fileOf(id));
    await loop.release();
  };
  return {
    isHeld: loop.isHeld,
    resize: loop.resize,
    unplug: () => {
      gone ??= unplug();
      return gone;
    },
  };
}

/** A loop device fails reads beyond the end of its file. */
async function unreadable(file: string): Promise<Loop> {
  const { size } = await sizeOf(file);
  const empty = `${file}.unreadable`;
  await setSize(empty, size);
  const loop = await attachLoop(empty);
  await setSize(empty, 0);
  await rm(empty);
  return loop;
}

/** The volume continues with a copy; holders of the old file keep an empty file without a name. */
async function cutOff(file: string): Promise<void> {
  const old = await open(file, 'r+');
  try {
    await copy(file, `${file}.copy`);
    await rename(`${file}.copy`, file);
    await old.truncate(0);
  } finally {
    await old.close();
  }
}

async function copy(from: string, to: string): Promise<void> {
  await output('cp', ['--sparse=always', '--reflink=auto', from, to]);
}

function resizeFile(file: string, gib: number): Promise<void> {
  return setSize(file, gib * 2 ** 30);
}

async function setSize(file: string, bytes: number): Promise<void> {
  const handle = await open(file, 'a');
  try {
    await handle.truncate(bytes);
  } finally {
    await handle.close();
  }
}

async function sizeOf(file: string): Promise<{ readonly size: number }> {
  const handle = await open(file, 'r');
  try {
    return await handle.stat();
  } finally {
    await handle.close();
  }
}
