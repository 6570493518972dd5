import { closeSync, constants, openSync } from 'node:fs';
import type { SystemCalls } from '../system-calls.ts';
import { hasCode } from '../system-error.ts';

/** linux/fs.h: FS_IOC_GETFLAGS, FS_IOC_SETFLAGS (on 64-bit machines) and FS_IMMUTABLE_FL. */
const getFlags = 0x80086601;
const setFlags = 0x40086602;
const immutable = 0x10;

/** Does nothing if the file system does not support the flag, or we may not set it. */
export function setImmutable(calls: SystemCalls, path: string, wanted: 'immutable' | 'mutable'): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    const flags = new Uint32Array(2);
    const struct = new Uint8Array(flags.buffer);
    calls.ioctl(fd, getFlags, struct);
    const [current = 0] = flags;
    flags[0] = wanted === 'immutable' ? current | immutable : current & ~immutable;
    if (flags[0] !== current) calls.ioctl(fd, setFlags, struct);
  } catch (error) {
    if (!hasCode(error, 'ENOTTY', 'EOPNOTSUPP', 'ENOTSUP', 'EPERM', 'EINVAL')) throw error;
  } finally {
    closeSync(fd);
  }
}
