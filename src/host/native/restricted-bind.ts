import { closeSync } from 'node:fs';
import type { Callers, Library } from './callers.ts';

/** By number, which is the same on all architectures: the C library has functions for them only since 2.36. */
const openTreeNumber = 428;
const moveMountNumber = 429;
const setAttributesNumber = 442;
const emptyPath = 0x1000;
const cloneTree = 1;
const closeOnExec = 0o2000000;
const moveEmptyPath = 4;
const atCurrentDirectory = -100;

/** open_tree(2), mount_setattr(2), move_mount(2): makes a detached copy of the mount, sets its flags, attaches it. */
export function restrictedBind(
  library: Library,
  onPool: Callers['onPool'],
): (directory: number, target: string, attributes: number) => Promise<void> {
  const openTree = library.func('syscall', 'long', ['long', 'int', 'str', 'uint']);
  const setAttributes = library.func('syscall', 'long', ['long', 'int', 'str', 'uint', 'void *', 'size_t']);
  const moveMount = library.func('syscall', 'long', ['long', 'int', 'str', 'int', 'str', 'uint']);
  return async (directory, target, attributes) => {
    const how = cloneTree | closeOnExec | emptyPath;
    const tree = await onPool(openTree, target, [openTreeNumber, directory, '', how]);
    try {
      // `struct mount_attr`: set, clear, propagation, user namespace.
      const wanted = new Uint8Array(BigUint64Array.of(BigInt(attributes), 0n, 0n, 0n).buffer);
      await onPool(setAttributes, target, [setAttributesNumber, tree, '', emptyPath, wanted, wanted.length]);
      const move = [moveMountNumber, tree, '', atCurrentDirectory, target, moveEmptyPath];
      await onPool(moveMount, target, move);
    } finally {
      closeSync(tree);
    }
  };
}
