/** Where a value stands: keys of maps, indexes of lists. */
export type KeyPath = readonly (string | number)[];

export type Tree = Readonly<Record<string, unknown>>;

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The tree with one value replaced; missing maps on the way are created; any other value on the way stays as it is. */
export function withValueAt(tree: Tree, path: readonly string[], value: unknown): Tree {
  const [key, ...rest] = path;
  if (key === undefined) return tree;
  if (rest.length === 0) return { ...tree, [key]: value };
  const below = tree[key] ?? {};
  return isTree(below) ? { ...tree, [key]: withValueAt(below, rest, value) } : tree;
}

/** "drivers.shared.settings.allowedRoots[0]" */
export function dotted(path: KeyPath): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index > 0 ? '.' : ''}${key}`))
    .join('');
}
