import { VolumeError } from '../../../src/core/volume-error.ts';
import type { ProgramResult, Space } from '../../../src/host/host.ts';
import { failure, success } from './programs.ts';
import { bytesOf } from './space.ts';
import type { FakeProgram, FakeState, ProgramCall } from './state.ts';
import type { FakeDirectory, FakeDirectoryLimit, FakeFileSystem, FakeNode } from './tree.ts';

/** Directory quotas of a Gluster volume, as GlusterFS 10.3 has them (docs/backends/glusterfs.md has what was measured). */

const block = 4096;

/** What statfs(2) shows of the nearest directory with a limit; undefined: there is none, or quotas are off. */
export function directorySpace(directory: FakeDirectory): Pick<Space, 'freeBytes' | 'usedBytes'> | undefined {
  const [found] = limitsAbove(directory);
  if (found === undefined || !directory.fileSystem.directoryQuota.isShown) return undefined;
  const whole = Math.floor(found.limit.bytes / block) * block;
  const usedBytes = Math.min(whole, usedIn(found.at));
  return { usedBytes, freeBytes: whole - usedBytes };
}

/**
 * As a brick decides, for each directory above with a limit (quota.c: quota_check_size_limit): by what it saw at its last look. No time
 * goes by here between two writes.
 */
export function exceedsDirectoryQuota(directory: FakeDirectory, bytes: number): boolean {
  const { soft, hard } = directory.fileSystem.directoryQuota.timeouts;
  return limitsAbove(directory).some(({ at, limit }) => {
    const isSoft = (limit.seen ?? 0) + bytes <= (limit.bytes * limit.soft) / 100;
    if (limit.seen === undefined || (isSoft ? soft : hard) === 0) limit.seen = usedIn(at);
    return limit.seen + bytes >= limit.bytes;
  });
}

/** Without quotad, a brick refuses to write where there is a limit (ENOTCONN), after a minute in which it tries to reach it. */
export function isUncounted(directory: FakeDirectory): boolean {
  return !directory.fileSystem.directoryQuota.isCounted && limitsAbove(directory).length > 0;
}

/** `gluster volume quota … disable`: all limits are lost. */
export function disableQuotas({ directoryQuota }: FakeFileSystem): void {
  directoryQuota.isOn = false;
  directoryQuota.limits.clear();
}

/** What GlusterFS calls a directory, on every host. */
export function gfidOf({ inode }: FakeNode): string {
  return `00000000-0000-4000-8000-${inode.padStart(12, '0')}`;
}

/** `unshare … sh -c … holdfast-quota PLACE --volfile-server=… --volfile-id=…`, with a line for each limit on stdin. */
export const unshare: FakeProgram = async ({
  args,
  input,
  state,
  signal,
}: ProgramCall): Promise<ProgramResult> => {
  if (signal.aborted) throw new VolumeError('timeout', 'unshare did not finish in time and was killed.');
  const share = shareOf(state, args);
  if (share === undefined) return failure('', 3);
  for (const line of input.split('\n').filter(Boolean)) {
    const [gfid = '', value = ''] = line.split(' ');
    const directory = directoryOf(share.root, gfid);
    if (directory === undefined) return failure(`setfattr: ${gfid}: No such file or directory\n`, 4);
    const bytes = Buffer.from(value.slice(2), 'hex');
    const soft = Number(bytes.readBigInt64BE(8));
    share.directoryQuota.limits.set(directory, {
      bytes: Number(bytes.readBigInt64BE(0)),
      soft: soft < 0 ? 80 : soft,
      seen: undefined,
    });
  }
  return success();
};

function shareOf(state: FakeState, args: readonly string[]): FakeFileSystem | undefined {
  const valuesOf = (name: string) =>
    args.filter((arg) => arg.startsWith(`--${name}=`)).map((arg) => arg.slice(name.length + 3));
  const [volume = ''] = valuesOf('volfile-id');
  return valuesOf('volfile-server')
    .map((server) => state.shares.get(`${server}:/${volume}`))
    .find((share) => share && !share.conditions.has('down') && !share.conditions.has('bricks-down'));
}

function directoryOf(node: FakeNode, gfid: string): FakeDirectory | undefined {
  if (node.kind !== 'directory') return undefined;
  if (gfidOf(node) === gfid) return node;
  for (const child of node.entries.values()) {
    const found = directoryOf(child, gfid);
    if (found !== undefined) return found;
  }
  return undefined;
}

interface Found {
  readonly at: FakeDirectory;
  readonly limit: FakeDirectoryLimit;
}

/** The nearest first. */
function limitsAbove(directory: FakeDirectory): readonly Found[] {
  const { isOn, limits } = directory.fileSystem.directoryQuota;
  const found: Found[] = [];
  for (let at: FakeDirectory | undefined = directory; isOn && at !== undefined; at = at.parent) {
    const limit = limits.get(at);
    if (limit !== undefined) found.push({ at, limit });
  }
  return found;
}

/** Files count, directories do not. */
function usedIn(directory: FakeDirectory): number {
  let sum = 0;
  for (const node of directory.entries.values()) {
    if (node.kind === 'directory') sum += usedIn(node);
    else if (node.kind !== 'file' || !node.isUncounted) sum += bytesOf(node);
  }
  return sum;
}
