import { isTree, type Tree } from './tree.ts';

/** What runs when nothing is configured. */
const defaultDrivers = { holdfast: { backend: 'local' } };

/** Keys whose value is a map: one that stands there with nothing below it says as much as none. */
const mapKeys: readonly string[] = ['log', 'reaper', 'drivers', 'settings', 'defaults', 'profiles'];

export function withoutEmptyMaps(tree: Tree): Tree {
  const tidy = withoutEmpty(tree);
  if (!isTree(tidy.drivers)) return tidy;
  const drivers = Object.entries(tidy.drivers).map(([name, driver]) => [
    name,
    isTree(driver) ? withoutEmpty(driver) : driver,
  ]);
  return { ...tidy, drivers: Object.fromEntries(drivers) };
}

/** `drivers` that is absent or empty means the default driver. */
export function withDefaultDriver(tree: Tree): Tree {
  const { drivers } = tree;
  const none = drivers === undefined || (isTree(drivers) && Object.keys(drivers).length === 0);
  return none ? { ...tree, drivers: defaultDrivers } : tree;
}

function withoutEmpty(tree: Tree): Tree {
  return Object.fromEntries(
    Object.entries(tree).filter(([key, value]) => value !== null || !mapKeys.includes(key)),
  );
}
