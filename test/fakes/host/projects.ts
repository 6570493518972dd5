import type { Projects, ProjectUse, Space } from '../../../src/host/host.ts';
import { directorySpace, exceedsDirectoryQuota, isUncounted } from './directory-quotas.ts';
import { directoryBelow, errno, find, walk } from './paths.ts';
import { bytesOf, spaceOf } from './space.ts';
import type { FakeState } from './state.ts';
import type { FakeDirectory, FakeFileSystem, FakeNode } from './tree.ts';

export function fakeProjects(state: FakeState, root: string): Projects {
  const at = (path: string) => directoryBelow(state, root, path);
  return {
    state: async (path) => {
      const { fileSystem } = at(path);
      const { mountpoint } = walk(state, path, 'keep').mount;
      const kind = fileSystem.quota?.kind ?? 'off';
      return { kind, fileSystem: fileSystem.type, source: fileSystem.source, mountpoint };
    },
    of: async (path) => {
      const { project, inheritsProject } = at(path);
      return { id: project, isInherited: inheritsProject };
    },
    use: async (path, id) => useOf(quotaOf(at(path), path), id),
    assign: async (path, id, signal, tell) => {
      if (signal.aborted) throw errno('ECANCELED', path);
      if (state.mounts.some(({ mountpoint }) => mountpoint.startsWith(`${path}/`)))
        throw errno('EBUSY', path);
      quotaOf(at(path), path);
      const entries = assign(at(path), id);
      tell?.({ entries });
    },
    limit: async (path, id, bytes) => {
      const limit = Math.ceil(bytes / 1024) * 1024;
      quotaOf(at(path), path).quota?.limits.set(id, limit);
    },
  };
}

/** As statfs(2): under a project quota, or one of GlusterFS, a directory shows its limit. */
export function spaceAt(state: FakeState, path: string): Space {
  const { node } = walk(state, path, 'follow');
  const whole = spaceOf(node.fileSystem);
  const ofGluster = node.kind === 'directory' ? directorySpace(node) : undefined;
  if (ofGluster !== undefined) return { ...whole, ...ofGluster };
  const limit = node.kind === 'directory' && node.inheritsProject ? limitOf(node) : undefined;
  if (limit === undefined) return whole;
  const { usedBytes } = useOf(node.fileSystem, node.project);
  return { ...whole, usedBytes, freeBytes: Math.max(0, Math.min(whole.freeBytes, limit - usedBytes)) };
}

/** As the kernel refuses what would exceed the limit: ext4 and xfs have their own errors. */
export function requireQuota(parent: FakeDirectory, bytes: number, path: string): void {
  if (isUncounted(parent)) throw errno('ENOTCONN', path);
  if (exceedsDirectoryQuota(parent, bytes)) throw errno('EDQUOT', path);
  const limit = parent.inheritsProject ? limitOf(parent) : undefined;
  if (limit === undefined || useOf(parent.fileSystem, parent.project).usedBytes + bytes <= limit) return;
  throw errno(parent.fileSystem.type === 'xfs' ? 'ENOSPC' : 'EDQUOT', path);
}

/** What a container with the rights of the files' owner can do: change the project of a directory. */
export function chattrProject(state: FakeState, path: string, id: number): void {
  const place = find(state, path, 'follow');
  if (place?.node.kind === 'directory') place.node.project = id;
}

function quotaOf({ fileSystem }: FakeNode, path: string): FakeFileSystem {
  if (fileSystem.quota === undefined) throw errno('ENOSYS', path);
  return fileSystem;
}

function limitOf({ fileSystem: { quota }, project }: FakeDirectory): number | undefined {
  const limit = quota?.kind === 'enforced' ? quota.limits.get(project) : undefined;
  return limit === 0 ? undefined : limit;
}

function useOf({ root, quota }: FakeFileSystem, id: number): ProjectUse {
  const own = nodesOf(root).filter(({ project }) => project === id);
  const usedBytes = own.reduce((sum, node) => sum + bytesOf(node), 0);
  return { limit: quota?.limits.get(id) ?? 0, usedBytes, usedInodes: own.length, hasOthers: false };
}

function nodesOf(node: FakeNode): readonly FakeNode[] {
  return node.kind === 'directory' ? [node, ...[...node.entries.values()].flatMap(nodesOf)] : [node];
}

function assign(node: FakeNode, id: number): number {
  if (node.kind !== 'directory' && node.kind !== 'file') return 0;
  let entries = 1;
  if (node.kind === 'directory') {
    for (const child of node.entries.values()) entries += assign(child, id);
    node.inheritsProject = true;
  }
  node.project = id;
  return entries;
}
