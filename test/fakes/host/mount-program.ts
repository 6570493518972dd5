import { once } from 'node:events';
import { VolumeError } from '../../../src/core/volume-error.ts';
import type { ProgramResult } from '../../../src/host/host.ts';
import { unshare } from './directory-quotas.ts';
import { addMount, unmount } from './mounts.ts';
import { find, findMountpoint } from './paths.ts';
import { failure } from './programs.ts';
import { clientFor } from './share-clients.ts';
import type { FakeProgram, FakeState, ProgramCall } from './state.ts';
import type { FakeDirectory, FakeFileSystem, FakeNode } from './tree.ts';

/** `mount -t nfs|nfs4|glusterfs -o … -- source target`, and `umount target`, like mount(8) and its helpers. */
export function installMountPrograms(programs: Map<string, FakeProgram>): void {
  programs.set('mount', mount);
  programs.set('umount', umount);
  programs.set('unshare', unshare);
  // With -V they only print a version.
  for (const helper of ['mount.nfs', 'mount.glusterfs']) programs.set(helper, async () => success);
}

export interface AskedMount {
  readonly type: string;
  readonly options: readonly string[];
  readonly source: string;
  readonly target: string;
}

const success: ProgramResult = { exitCode: 0, stdout: '', stderr: '' };

async function mount({ args, state, signal }: ProgramCall): Promise<ProgramResult> {
  const asked = parseMount(args);
  if (findMountpoint(state, asked.target)?.node.kind !== 'directory') {
    return failure(`mount: ${asked.target}: mount point does not exist.\n`, 32);
  }
  const helper = `mount.${asked.type.replace(/4$/, '')}`;
  if (!state.programs.has(helper))
    return failure(`mount: ${asked.target}: unknown filesystem type '${asked.type}'.\n`, 32);
  if (asked.type !== 'glusterfs') return mountNfs(state, asked);
  if (find(state, '/dev/fuse', 'keep') === undefined) return failure('Mount failed. Check the log file.\n');
  return mountGluster(state, asked, signal);
}

function mountNfs(state: FakeState, asked: AskedMount): ProgramResult {
  const found = findShare(state, asked.source);
  if (!found || found.share.conditions.has('down')) {
    return failure(`mount.nfs: Connection refused for ${asked.source} on ${asked.target}\n`, 32);
  }
  if (found.share.conditions.has('withdrawn')) {
    return failure(`mount.nfs: access denied by server while mounting ${asked.source}\n`, 32);
  }
  if (!found.directory) {
    const reason = 'failed, reason given by server: No such file or directory';
    return failure(`mount.nfs: mounting ${asked.source} ${reason}\n`, 32);
  }
  return attach(state, asked, found.share, found.directory);
}

/**
 * For a missing volume or directory, the helper reports nothing, and mounts nothing. It waits for a server that accepts the
 * connection but does not answer, even if other servers follow.
 */
async function mountGluster(
  state: FakeState,
  asked: AskedMount,
  signal: AbortSignal,
): Promise<ProgramResult> {
  const sources = glusterSources(asked);
  const candidates = sources.map((source) => findShare(state, source));
  const at = candidates.findIndex((candidate) => candidate && !isUnreachable(candidate.share));
  if (sources.slice(0, at < 0 ? undefined : at + 1).some((source) => isSilent(state, source))) {
    if (!signal.aborted) await once(signal, 'abort');
    throw new VolumeError('timeout', 'mount did not finish in time and was killed.');
  }
  const found = candidates[at];
  if (found) return found.directory ? attach(state, asked, found.share, found.directory) : success;
  const server = asked.source.slice(0, asked.source.lastIndexOf(':'));
  const isKnown = [...state.shares].some(
    ([key, share]) => key.startsWith(`${server}:`) && !isUnreachable(share),
  );
  return isKnown ? success : failure(`Mounting glusterfs on ${asked.target} failed.\n`);
}

function isSilent(state: FakeState, source: string): boolean {
  const server = source.slice(0, source.lastIndexOf(':'));
  return state.servers.get(`${server}:24007`)?.(new Uint8Array()) === 'silent';
}

function isUnreachable({ conditions }: FakeFileSystem): boolean {
  return conditions.has('down') || conditions.has('bricks-down');
}

/** The source, and the same volume on each server in `backup-volfile-servers=a:b`. */
function glusterSources({ source, options }: AskedMount): readonly string[] {
  const backups = options.flatMap(
    (option) => /^backup-volfile-servers=(.*)$/.exec(option)?.[1]?.split(':') ?? [],
  );
  return [source, ...backups.map((server) => `${server}${source.slice(source.lastIndexOf(':'))}`)];
}

function attach(
  state: FakeState,
  asked: AskedMount,
  share: FakeFileSystem,
  root: FakeDirectory,
): ProgramResult {
  const flags = ['ro', 'nosuid', 'nodev', 'noexec'].filter((flag) => asked.options.includes(flag));
  const via = { client: clientFor(state, asked, share), source: asked.source, root };
  addMount(state, asked.target, root, flags, via);
  return success;
}

interface FoundShare {
  readonly share: FakeFileSystem;
  /** Undefined if the share has no such directory. */
  readonly directory: FakeDirectory | undefined;
}

/** The share with the longest source that contains the requested one. */
function findShare(state: FakeState, source: string): FoundShare | undefined {
  const sources = [...state.shares.keys()].filter(
    (key) => source === key || source.startsWith(withSlash(key)),
  );
  const [longest] = sources.sort((a, b) => b.length - a.length);
  const share = longest === undefined ? undefined : state.shares.get(longest);
  if (longest === undefined || !share) return undefined;
  const names = source.slice(longest.length).split('/').filter(Boolean);
  return { share, directory: below(share.root, names) };
}

function below(root: FakeDirectory, names: readonly string[]): FakeDirectory | undefined {
  let directory: FakeDirectory | undefined = root;
  for (const name of names) {
    const node: FakeNode | undefined = directory?.entries.get(name);
    directory = node?.kind === 'directory' ? node : undefined;
  }
  return directory;
}

function umount({ args, state }: ProgramCall): ProgramResult {
  const target = args.at(-1) ?? '';
  const isMounted = state.mounts.some(({ mountpoint }) => mountpoint === target);
  if (!isMounted) return failure(`umount: ${target}: not mounted.\n`, 32);
  try {
    unmount(state, target);
    return success;
  } catch {
    return failure(`umount: ${target}: target is busy.\n`, 32);
  }
}

function parseMount(args: readonly string[]): AskedMount {
  const [source = '', target = ''] = args.slice(-2);
  const after = (flag: string) => (args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined);
  const options = (after('-o') ?? '').split(',').filter(Boolean);
  return { type: after('-t') ?? '', options, source, target };
}

function withSlash(source: string): string {
  return source.endsWith('/') ? source : `${source}/`;
}
