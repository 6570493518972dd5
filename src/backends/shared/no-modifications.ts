import type { NotOffered } from '../backend.ts';

/** For storage whose volumes have no type and no performance of their own. */
export const noModifications: NotOffered = {
  kind: 'none',
  why: 'it has no type and no performance of its own: only EBS volumes have. To change its size, grow it.',
};
