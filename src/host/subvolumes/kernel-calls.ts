import type { SystemCalls } from '../system-calls.ts';
import { hasCode, systemError } from '../system-error.ts';

/** linux/btrfs.h: BTRFS_IOC_SUBVOL_CREATE_V2, SNAP_CREATE_V2, SNAP_DESTROY, GET_SUBVOL_ROOTREF and INO_LOOKUP_USER. */
const createRequest = 0x50009418;
const snapshotRequest = 0x50009417;
const destroyRequest = 0x5000940f;
const referencesRequest = 0xd000943d;
const lookupRequest = 0xd000943e;
const readOnlyFlag = 2n;
/** Each of these structs has so many bytes. */
const structSize = 4096;
const longestName = 255;
const referencesPerCall = 255;

/** In an open directory. Throws EEXIST. */
export function makeSubvolume(calls: SystemCalls, parent: number, name: Buffer): Promise<void> {
  return calls.ioctlOnPool(parent, createRequest, volumeArguments(name, 56));
}

/** `source`: an open subvolume. The kernel commits the copy before it returns. */
export function copySubvolume(
  calls: SystemCalls,
  source: number,
  parent: number,
  name: Buffer,
  access: 'read-only' | 'read-write',
): Promise<void> {
  // `struct btrfs_ioctl_vol_args_v2`: the source at 0, flags at 16, the name at 56.
  const struct = volumeArguments(name, 56);
  const words = new BigUint64Array(struct.buffer);
  words[0] = BigInt(source);
  words[2] = access === 'read-only' ? readOnlyFlag : 0n;
  return calls.ioctlOnPool(parent, snapshotRequest, struct);
}

/** Also a read-only one. Throws ENOTEMPTY if another subvolume is in it. */
export function destroySubvolume(calls: SystemCalls, parent: number, name: Buffer): Promise<void> {
  return calls.ioctlOnPool(parent, destroyRequest, volumeArguments(name, 8));
}

function volumeArguments(name: Buffer, at: number): Uint8Array {
  if (name.length > longestName) throw systemError('ENAMETOOLONG', 'ioctl', name.toString());
  const struct = new Uint8Array(structSize);
  struct.set(name, at);
  return struct;
}

/** A subvolume in an open directory, or deeper in it: the path of its parent there, and its name. */
export interface FoundSubvolume {
  readonly parent: Buffer;
  readonly name: Buffer;
}

export async function subvolumesIn(
  calls: SystemCalls,
  directory: number,
): Promise<readonly FoundSubvolume[]> {
  const found: FoundSubvolume[] = [];
  for (const reference of await referencesOf(calls, directory)) {
    const place = await placeOf(calls, directory, reference);
    if (place !== undefined) found.push(place);
  }
  return found;
}

interface Reference {
  readonly tree: bigint;
  readonly directory: bigint;
}

/** The subvolumes that are directly in the subvolume of this directory, anywhere there. */
async function referencesOf(calls: SystemCalls, directory: number): Promise<readonly Reference[]> {
  const found: Reference[] = [];
  for (let least = 0n; ; ) {
    // The least tree ID, then pairs of tree and directory, then their number in a byte.
    const struct = new Uint8Array(structSize);
    const words = new BigUint64Array(struct.buffer);
    words[0] = least;
    const isAll = await calls.ioctlOnPool(directory, referencesRequest, struct).then(
      () => true,
      (error: unknown) => {
        if (hasCode(error, 'EOVERFLOW')) return false;
        throw error;
      },
    );
    const count = isAll ? (struct[8 + 16 * referencesPerCall] ?? 0) : referencesPerCall;
    for (let index = 0; index < count; index += 1)
      found.push({ tree: words[1 + 2 * index] ?? 0n, directory: words[2 + 2 * index] ?? 0n });
    if (isAll) return found;
    least = (found.at(-1)?.tree ?? 0n) + 1n;
  }
}

/** Undefined if it is outside of the directory, or gone. */
async function placeOf(
  calls: SystemCalls,
  directory: number,
  reference: Reference,
): Promise<FoundSubvolume | undefined> {
  const struct = new Uint8Array(structSize);
  const words = new BigUint64Array(struct.buffer);
  words[0] = reference.directory;
  words[1] = reference.tree;
  try {
    await calls.ioctlOnPool(directory, lookupRequest, struct);
  } catch (error) {
    if (hasCode(error, 'EACCES', 'ENOENT')) return undefined;
    throw error;
  }
  return { name: textAt(struct, 16), parent: textAt(struct, 16 + longestName + 1) };
}

function textAt(struct: Uint8Array, at: number): Buffer {
  const end = struct.indexOf(0, at);
  return Buffer.from(struct.subarray(at, end < 0 ? struct.length : end));
}
