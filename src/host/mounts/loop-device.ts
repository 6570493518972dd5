import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { deviceText } from '../device-number.ts';
import type { SystemCalls } from '../system-calls.ts';
import { hasCode } from '../system-error.ts';
import { loopControl, openLoop } from './kernel-devices.ts';

/** A loop device that stays attached while `fd` is open or the device is mounted. */
export interface LoopDevice {
  readonly path: string;
  readonly fd: number;
}

/** linux/loop.h */
const configure = 0x4c0a;
const setCapacity = 0x4c07;
const getFree = 0x4c82;
const getStatus = 0x4c05;
const autoClear = 4;
const readOnly = 1;

/** Another process may take the free device first. */
const mostAttempts = 64;

/**
 * The loop device of exactly this file (same device and inode, without offset or limit), or a new one that detaches by itself. In one
 * go in the calling thread: two calls at once would both find no device for the image. sysfs waits for no disk.
 */
export function attachLoop(calls: SystemCalls, image: string): LoopDevice {
  const file = openImage(image);
  try {
    return findAttached(calls, image, file.fd) ?? attachNew(calls, image, file);
  } finally {
    closeSync(file.fd);
  }
}

/** See `Mounts.loopOf`. In the calling thread, as nothing of it waits for a disk. */
export function loopOf(fileName: string): string | undefined {
  for (const name of loopsOf(fileName)) return name;
  return undefined;
}

/** The device takes over the size of its file. */
export function refreshLoop(calls: SystemCalls, path: string): void {
  const fd = openLoop(path);
  try {
    calls.ioctl(fd, setCapacity, 0);
  } finally {
    closeSync(fd);
  }
}

interface ImageFile {
  readonly fd: number;
  readonly flags: number;
}

function openImage(image: string): ImageFile {
  try {
    return { fd: openSync(image, constants.O_RDWR), flags: autoClear };
  } catch (error) {
    if (!hasCode(error, 'EROFS')) throw error;
    return { fd: openSync(image, constants.O_RDONLY), flags: autoClear | readOnly };
  }
}

/** Uses the name only to narrow the search: the file may have been renamed, or have another path in the attaching namespace. */
function findAttached(calls: SystemCalls, image: string, file: number): LoopDevice | undefined {
  for (const name of loopsOf(basename(image))) {
    const device = openIfBacked(calls, `/dev/${name}`, file);
    if (device) return device;
  }
  return undefined;
}

function* loopsOf(fileName: string): Generator<string> {
  for (const name of attachedLoops()) if (basename(backingFile(name)) === fileName) yield name;
}

/**
 * One look instead of one for each device: a free device has no size, and is not in the list. Nor is one with an empty file, which has no
 * file system to be mounted.
 */
function attachedLoops(): readonly string[] {
  return [...readFileSync('/proc/partitions', 'utf8').matchAll(/ (loop\d+)$/gm)].flatMap(
    ([, name]) => name ?? [],
  );
}

function backingFile(name: string): string {
  try {
    return readFileSync(`/sys/block/${name}/loop/backing_file`, 'utf8').trimEnd();
  } catch (error) {
    // It was detached, or removed, since the list was read.
    if (hasCode(error, 'ENOENT', 'ENODEV', 'ENXIO')) return '';
    throw error;
  }
}

function openIfBacked(calls: SystemCalls, path: string, file: number): LoopDevice | undefined {
  const fd = openUnlessGone(path, constants.O_RDONLY);
  if (fd === undefined) return undefined;
  if (isBackedBy(calls, fd, file)) return { path, fd };
  closeSync(fd);
  return undefined;
}

/** Undefined for a device that another process is removing (LOOP_CTL_REMOVE) or has removed. */
function openUnlessGone(path: string, flags: number): number | undefined {
  try {
    return openSync(path, flags);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENODEV', 'ENXIO')) return undefined;
    throw error;
  }
}

/** `struct loop_info64`: the file's device and inode, then offset and limit at 24 and 32. */
function isBackedBy(calls: SystemCalls, loop: number, file: number): boolean {
  const info = new BigUint64Array(29);
  try {
    calls.ioctl(loop, getStatus, new Uint8Array(info.buffer));
  } catch (error) {
    if (hasCode(error, 'ENXIO')) return false;
    throw error;
  }
  const facts = fstatSync(file, { bigint: true });
  const [device = 0n, inode, , offset, limit] = info;
  return deviceText(device) === deviceText(facts.dev) && inode === facts.ino && offset === 0n && limit === 0n;
}

function attachNew(calls: SystemCalls, image: string, file: ImageFile): LoopDevice {
  const control = openLoop(loopControl);
  try {
    for (let attempt = 1; ; attempt += 1) {
      const path = `/dev/loop${calls.ioctl(control, getFree, 0)}`;
      const fd = openLoop(path);
      try {
        calls.ioctl(fd, configure, loopConfig(image, file));
        return { path, fd };
      } catch (error) {
        closeSync(fd);
        if (!hasCode(error, 'EBUSY') || attempt === mostAttempts) throw error;
      }
    }
  } finally {
    closeSync(control);
  }
}

/** `struct loop_config`: fd, block size, then loop_info64 at 8 with the flags at 52 and the name at 56. */
function loopConfig(image: string, file: ImageFile): Uint8Array {
  const config = new Uint8Array(304);
  const words = new Uint32Array(config.buffer);
  words[0] = file.fd;
  words[(8 + 52) / 4] = file.flags;
  config.set(Buffer.from(image).subarray(0, 63), 8 + 56);
  return config;
}
