import type { Project, ProjectUse } from '../host.ts';
import type { SystemCalls } from '../system-calls.ts';
import { hasCode } from '../system-error.ts';

/** linux/fs.h: FS_IOC_FSGETXATTR, FS_IOC_FSSETXATTR and FS_XFLAG_PROJINHERIT. */
const getAttributes = 0x801c581f;
const setAttributes = 0x401c5820;
const inherit = 0x200;

/** linux/quota.h and linux/dqblk_xfs.h, for PRJQUOTA; the generic commands work on xfs as well. */
const getState = 0x580502;
const getQuota = 0x80000702;
const setQuota = 0x80000802;
const isCounted = 0x10;
const isEnforced = 0x20;
const blockLimits = 1;
/** Bytes of a block, in the limits. */
const block = 1024;

/** `struct fsxattr`: flags at 0, the project at 12. */
export function readProject(calls: SystemCalls, fd: number): Project {
  const words = attributesOf(calls, fd);
  return { id: words[3] ?? 0, isInherited: ((words[0] ?? 0) & inherit) !== 0 };
}

/** New entries of a directory will belong to the project, too. */
export function writeProject(calls: SystemCalls, fd: number, id: number, kind: 'directory' | 'file'): void {
  const words = attributesOf(calls, fd);
  const flags = kind === 'directory' ? (words[0] ?? 0) | inherit : (words[0] ?? 0);
  if (words[3] === id && words[0] === flags) return;
  words[0] = flags >>> 0;
  words[3] = id;
  calls.ioctl(fd, setAttributes, new Uint8Array(words.buffer));
}

function attributesOf(calls: SystemCalls, fd: number): Uint32Array {
  const words = new Uint32Array(7);
  calls.ioctl(fd, getAttributes, new Uint8Array(words.buffer));
  return words;
}

/** `struct fs_quota_stat`: the flags at 2. ENOSYS: there are no quotas of any kind; ESRCH, EINVAL: none of this kind. */
export async function readState(calls: SystemCalls, fd: number): Promise<'enforced' | 'counted' | 'off'> {
  const struct = new Uint8Array(128);
  try {
    await calls.quota(fd, getState, 0, struct);
  } catch (error) {
    if (hasCode(error, 'ENOSYS', 'ESRCH', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP')) return 'off';
    throw error;
  }
  const flags = new Uint16Array(struct.buffer)[1] ?? 0;
  if ((flags & isCounted) === 0) return 'off';
  return (flags & isEnforced) === 0 ? 'counted' : 'enforced';
}

/** `struct if_dqblk`. A project that was never used has no entry. */
export async function readUse(calls: SystemCalls, fd: number, id: number): Promise<ProjectUse> {
  const words = new BigUint64Array(9);
  try {
    await calls.quota(fd, getQuota, id, new Uint8Array(words.buffer));
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    return { limit: 0, usedBytes: 0, usedInodes: 0, hasOthers: false };
  }
  const [limit = 0n, soft, usedBytes = 0n, hardInodes, softInodes, usedInodes = 0n] = words;
  return {
    limit: Number(limit) * block,
    usedBytes: Number(usedBytes),
    usedInodes: Number(usedInodes),
    hasOthers: soft !== 0n || hardInodes !== 0n || softInodes !== 0n,
  };
}

/** Only the hard limit of bytes; the soft one is removed. */
export async function writeLimit(calls: SystemCalls, fd: number, id: number, bytes: number): Promise<void> {
  const words = new BigUint64Array(9);
  words[0] = BigInt(Math.ceil(bytes / block));
  words[8] = BigInt(blockLimits);
  await calls.quota(fd, setQuota, id, new Uint8Array(words.buffer));
}
