import type { BackendDefinition } from '../backends/definition.ts';
import type { Places, Problem } from './problem.ts';
import type { Source } from './read-source.ts';
import { withDefaultDriver, withoutEmptyMaps } from './tidy-tree.ts';
import { dotted, isTree, type Tree } from './tree.ts';
import {
  backupVariables,
  choosingVariables,
  daemonVariables,
  driverVariables,
  overlay,
  repositoryVariables,
  witnessVariables,
} from './variables.ts';

/** Every backend by its name, loaded when a driver is configured with it. */
export type BackendTable = Readonly<Record<string, () => Promise<BackendDefinition>>>;

/** What file, environment and the default driver say together. */
export interface Laid {
  readonly tree: Tree;
  /** By driver; none for a driver whose backend does not exist. */
  readonly definitions: ReadonlyMap<string, BackendDefinition>;
  readonly places: Places;
  readonly problems: readonly Problem[];
  /** Remarks that are not errors. */
  readonly notices?: readonly Problem[];
}

/** In two steps: variables choose the backends, and the backends decide which further variables there are. */
export async function layEnvironment(
  source: Source,
  backends: BackendTable,
  environment: Readonly<Record<string, string>>,
): Promise<Laid> {
  const tree = withDefaultDriver(withoutEmptyMaps(source.tree));
  if (Object.keys(environment).length === 0) {
    const definitions = await loadDefinitions(tree, backends);
    return { tree, definitions, places: source.place, problems: [] };
  }
  const choosing = Object.keys(driversOf(tree)).flatMap(choosingVariables);
  const definitions = await loadDefinitions(overlay(tree, choosing, environment).tree, backends);
  const variables = [
    ...daemonVariables(),
    ...choosing,
    ...Object.keys(witnessesOf(tree)).flatMap(witnessVariables),
    ...Object.keys(treeAt(tree, 'repositories')).flatMap(repositoryVariables),
    ...Object.keys(treeAt(tree, 'backups')).flatMap(backupVariables),
    ...[...definitions].flatMap(([name, definition]) => driverVariables(name, definition)),
  ];
  const laid = overlay(tree, variables, environment);
  return { tree: laid.tree, definitions, places: placesOf(source, laid.origins), problems: laid.problems };
}

export function driversOf(tree: Tree): Tree {
  return isTree(tree.drivers) ? tree.drivers : {};
}

export function witnessesOf(tree: Tree): Tree {
  return treeAt(tree, 'witnesses');
}

/** What stands below a key that holds named maps. */
export function treeAt(tree: Tree, key: 'witnesses' | 'repositories' | 'backups'): Tree {
  const found = tree[key];
  return isTree(found) ? found : {};
}

export async function loadDefinitions(
  tree: Tree,
  backends: BackendTable,
): Promise<ReadonlyMap<string, BackendDefinition>> {
  const definitions = new Map<string, BackendDefinition>();
  for (const [name, driver] of Object.entries(driversOf(tree))) {
    const backend = isTree(driver) && typeof driver.backend === 'string' ? driver.backend : '';
    const load = Object.hasOwn(backends, backend) ? backends[backend] : undefined;
    if (load !== undefined) definitions.set(name, await load());
  }
  return definitions;
}

export function placesOf(source: Source, origins: ReadonlyMap<string, string>): Places {
  return (path) => {
    for (let length = path.length; length > 0; length -= 1) {
      const variable = origins.get(dotted(path.slice(0, length)));
      if (variable !== undefined) return `environment variable ${variable}`;
    }
    return source.place(path);
  };
}
