import type { BackendDefinition } from '../backends/definition.ts';
import { clusterVariant } from './environment.ts';
import { type BackendTable, driversOf, type Laid, loadDefinitions, placesOf } from './lay-environment.ts';
import { clusterPlaces, pluginHome, pluginPlaces } from './plugin-places.ts';
import type { Problem } from './problem.ts';
import type { Source } from './read-source.ts';
import { translateRexray } from './rexray-variables.ts';
import { withoutEmptyMaps } from './tidy-tree.ts';
import { isTree, type Tree, withValueAt } from './tree.ts';
import {
  backendVariable,
  daemonVariables,
  driverVariables,
  overlay,
  pluginVariableName,
  type Variable,
} from './variables.ts';

type Settings = Readonly<Record<string, string>>;

/** The backend of a managed plugin when neither a file nor BACKEND names one. */
const usualBackend = 'local';

/**
 * The driver's name where none is given: the backend's, but for `local`, which an engine has a driver of its own of. Both variants of the
 * plugin may be on one host.
 */
function usualName(settings: Settings): string {
  const { BACKEND } = settings;
  const name = BACKEND && BACKEND !== usualBackend ? BACKEND : 'holdfast';
  return isForClusters(settings) ? `${name}-cluster` : name;
}

/** The variant for Swarm's cluster volumes. */
export function isForClusters({ HOLDFAST_MANAGED_PLUGIN }: Settings): boolean {
  return HOLDFAST_MANAGED_PLUGIN === clusterVariant;
}

/** Keys of a managed plugin that are its own: where its things are is decided by its config.json. */
const fixedKeys = ['mountRoot', 'stateDir', 'runtimeDir', 'socketDir', 'adminSocket'] as const;

/** A managed plugin has it in its file alone: it takes several keys, and files that the plugin can see. */
const fileOnly = 'admin';

/**
 * What file and settings of a managed plugin say together. It has one driver, named by the file or NAME, else like its
 * backend. Variables that the plugin does not know are not looked at: the engine takes none that config.json does not list.
 */
export async function layPluginSettings(
  source: Source,
  backends: BackendTable,
  environment: Settings,
): Promise<Laid> {
  const { settings, notices } = translateRexray(environment);
  const given = withoutEmptyMaps(source.tree);
  const driver = Object.keys(driversOf(given))[0] ?? (settings.NAME || usualName(settings));
  const named = withBackend(given, driver);
  const choosing = backendVariable(driver, pluginVariableName);
  const definitions = await loadDefinitions(
    overlay(named, [choosing], picked(settings, [choosing])).tree,
    backends,
  );
  const variables = [choosing, ...settableVariables(driver, definitions.get(driver))];
  const laid = overlay(named, variables, picked(settings, variables));
  const problems = [
    ...driverProblems(given, settings, source),
    ...laid.problems,
    ...(await strayProblems(settings, variables, backends)),
  ];
  return {
    tree: withEndpoint(withPlaces(laid.tree, driver, definitions.get(driver)), driver, settings),
    definitions,
    places: placesOf(source, laid.origins),
    problems,
    notices: [...notices, ...fixedNotices(given, source)],
  };
}

/** Every variable of a plugin with this backend but BACKEND, NAME and CONFIG. */
export function settableVariables(
  driver: string,
  definition: BackendDefinition | undefined,
): readonly Variable[] {
  const daemon = daemonVariables(pluginVariableName).filter(
    ({ path: [key = ''] }) => !isFixed(key) && key !== fileOnly,
  );
  const all = definition ? driverVariables(driver, definition, pluginVariableName) : [];
  // An engine reaches its plugin by the plugin protocol alone.
  return [...daemon, ...all.filter(({ path: [, , key] }) => key !== 'csi')];
}

function isFixed(key: string): boolean {
  return fixedKeys.some((fixed) => fixed === key);
}

function picked(settings: Settings, variables: readonly Variable[]): Settings {
  const names = new Set(variables.map(({ name }) => name));
  return Object.fromEntries(Object.entries(settings).filter(([name]) => names.has(name)));
}

function withBackend(tree: Tree, driver: string): Tree {
  const found = driversOf(tree)[driver];
  if (found !== undefined && !isTree(found)) return tree;
  return withValueAt(tree, ['drivers', driver], { backend: usualBackend, ...found });
}

function withPlaces(tree: Tree, driver: string, definition: BackendDefinition | undefined): Tree {
  const home = pluginHome(driver);
  const fixed = {
    mountRoot: pluginPlaces.mountRoot,
    stateDir: `${home}/state`,
    runtimeDir: `${home}/run`,
    socketDir: pluginPlaces.socketDir,
    adminSocket: `${home}/admin.sock`,
  };
  const configured = driversOf(tree)[driver];
  const set = isTree(configured) && isTree(configured.settings) ? configured.settings : {};
  const folders = Object.entries(definition?.pluginFolders ?? {}).filter(([key]) => !(key in set));
  return folders.reduce<Tree>(
    (laid, [key, folder]) => withValueAt(laid, ['drivers', driver, 'settings', key], `${home}/${folder}`),
    { ...tree, ...fixed },
  );
}

/**
 * For the variant for Swarm's cluster volumes, which knows the plugin by its alias, and no other name. Swarm's agent stages a volume, but
 * does not unstage it while it runs, so a volume would stay mounted on each node that ever had it.
 */
function withEndpoint(tree: Tree, driver: string, settings: Settings): Tree {
  if (!isForClusters(settings)) return tree;
  const configured = driversOf(tree)[driver];
  const given = isTree(configured) && isTree(configured.csi) ? configured.csi : {};
  const csi = { name: 'holdfast.csi', ...given, endpoint: clusterPlaces.endpoint, staging: false };
  return { ...withValueAt(tree, ['drivers', driver, 'csi'], csi), socketDir: clusterPlaces.socketDir };
}

function driverProblems(tree: Tree, { NAME }: Settings, { place }: Source): readonly Problem[] {
  const names = Object.keys(driversOf(tree));
  if (names.length > 1) {
    const message = `\`drivers\`: a managed plugin serves one driver, and here are ${names.join(', ')}: install one for each, under an alias`;
    return [{ place: place(['drivers']), key: 'drivers', message }];
  }
  if (!NAME || names.length === 0 || names[0] === NAME) return [];
  const message = `the file names the driver ${names[0]}: leave NAME empty`;
  return [{ place: 'environment variable NAME', key: '', message }];
}

/** The settings of all backends can be set, and only those of one count: the others are most likely a mistake. */
async function strayProblems(
  settings: Settings,
  known: readonly Variable[],
  backends: BackendTable,
): Promise<readonly Problem[]> {
  const names = new Set(known.map(({ name }) => name));
  const rest = Object.entries(settings).filter(([name, value]) => value !== '' && !names.has(name));
  if (rest.every(([name]) => ['NAME', 'CONFIG'].includes(name))) return [];
  const owners = await Promise.all(
    Object.entries(backends).map(async ([backend, load]) => {
      const theirs = driverVariables('', await load(), pluginVariableName).map(({ name }) => name);
      return [backend, new Set(theirs)] as const;
    }),
  );
  return rest.flatMap(([name]) => {
    const having = owners.filter(([, theirs]) => theirs.has(name)).map(([backend]) => backend);
    if (having.length === 0) return [];
    const message = `only ${having.join(' and ')} has this setting, and BACKEND is ${settings.BACKEND || usualBackend}`;
    return [{ place: `environment variable ${name}`, key: '', message }];
  });
}

function fixedNotices(tree: Tree, { place }: Source): readonly Problem[] {
  return Object.keys(tree)
    .filter(isFixed)
    .map((key) => ({
      place: place([key]),
      key,
      message: `\`${key}\`: a managed plugin has a place of its own for it, so this is not used`,
    }));
}
