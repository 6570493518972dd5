import { basename, dirname, relative } from 'node:path';
import type { Subvolumes } from '../../../src/host/host.ts';
import { copyAnyway } from './copies.ts';
import { directoryBelow, errno, find, roomyParent } from './paths.ts';
import type { FakeState } from './state.ts';
import { addDirectory, type FakeDirectory, type FakeNode, pathOf } from './tree.ts';

export function fakeSubvolumes(state: FakeState, root: string): Subvolumes {
  const at = (path: string) => directoryBelow(state, root, path);
  return {
    areKnown: async (path) => at(path).fileSystem.conditions.has('subvolumes'),
    isOne: async (path) => {
      const node = find(state, path, 'keep')?.node;
      return node?.kind === 'directory' && node.subvolume !== 'no';
    },
    within: async (path) => nestedIn(at(path)),
    create: async (path, owner) => {
      if (find(state, path, 'keep')) return false;
      at(dirname(path));
      const parent = roomyParent(state, path);
      if (!parent.fileSystem.conditions.has('subvolumes')) throw errno('ENOTTY', path);
      Object.assign(addDirectory(parent, basename(path)), owner, { subvolume: 'read-write' });
      return true;
    },
    snapshot: async (from, to, access) => {
      const source = at(from);
      if (source.subvolume === 'no') throw errno('EINVAL', from);
      copyAnyway(state, source, to);
      const made = at(to);
      for (const nested of nestedIn(source)) at(`${to}/${nested}`).entries.clear();
      made.subvolume = access;
    },
  };
}

function nestedIn(top: FakeDirectory): readonly string[] {
  return subvolumesIn(top).map((node) => relative(pathOf(top), pathOf(node)));
}

function subvolumesIn(top: FakeDirectory): readonly FakeDirectory[] {
  return [...top.entries.values()].flatMap((node: FakeNode) => {
    if (node.kind !== 'directory') return [];
    return node.subvolume === 'no' ? subvolumesIn(node) : [node];
  });
}
