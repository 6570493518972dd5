import { parseDriverName } from '../core/names.ts';
import { checkAdmin } from './checks/admin.ts';
import type { CheckedBackups } from './checks/backups.ts';
import { type CheckedDriver, checkDriver } from './checks/driver.ts';
import { checkJoint, isJoint } from './checks/joint.ts';
import { pathProblems } from './checks/paths.ts';
import { checkWitness, unknownWitnesses } from './checks/witness.ts';
import type { Configuration, WitnessConfiguration } from './configuration.ts';
import { defaultFile } from './default-paths.ts';
import { issueProblems, readOnce } from './explain-issue.ts';
import {
  type BackendTable,
  driversOf,
  type Laid,
  layEnvironment,
  treeAt,
  witnessesOf,
} from './lay-environment.ts';
import { isForClusters, layPluginSettings } from './lay-plugin-settings.ts';
import { pluginPlaces } from './plugin-places.ts';
import { inReadingOrder, type Places, type Problem } from './problem.ts';
import { readSource, type Source } from './read-source.ts';
import { configurationSchema } from './schema/daemon.ts';
import { driverSchema } from './schema/driver.ts';
import { jointSchema } from './schema/joint.ts';
import { schemaKeys } from './schema/keys.ts';

export interface LoadParts {
  /** Asked for on the command line; it wins over `HOLDFAST_CONFIG`. */
  readonly file?: string | undefined;
  /** The `HOLDFAST_` variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** `managed`: those variables are the settings of a managed plugin, under their short names. */
  readonly mode?: 'daemon' | 'managed';
  readonly backends: BackendTable;
  /** Read when no file was asked for, if it exists. */
  readonly defaultFile?: string;
}

const noBackups: CheckedBackups = { repositories: new Map(), backups: new Map(), problems: [] };

export type LoadedConfiguration =
  | {
      readonly kind: 'usable';
      /** Undefined: without a file. */
      readonly file: string | undefined;
      readonly configuration: Configuration;
      readonly warnings: readonly Problem[];
    }
  | { readonly kind: 'unusable'; readonly problems: readonly Problem[] };

/** The configuration from file, environment and defaults; or everything that is wrong with it, at once. */
export async function loadConfiguration(parts: LoadParts): Promise<LoadedConfiguration> {
  const asked = parts.file ?? (fileVariable(parts) || undefined);
  const read = await readSource(
    asked ?? parts.defaultFile ?? defaultFile,
    asked === undefined ? 'default' : 'asked',
  );
  if (read.kind === 'wrong') return { kind: 'unusable', problems: read.problems };
  const isManaged = parts.mode === 'managed';
  const lay = isManaged ? layPluginSettings : layEnvironment;
  const laid = await lay(read.source, parts.backends, parts.environment);
  const loaded = await checkAll(read.source, laid, parts.backends);
  if (!isManaged || isForClusters(parts.environment) || loaded.kind === 'unusable') return loaded;
  return { ...loaded, configuration: { ...loaded.configuration, pluginSocket: pluginPlaces.socket } };
}

function fileVariable({ environment, mode }: LoadParts): string | undefined {
  return mode === 'managed' ? environment.CONFIG : environment.HOLDFAST_CONFIG;
}

async function checkAll(source: Source, laid: Laid, backends: BackendTable): Promise<LoadedConfiguration> {
  const { places } = laid;
  const whole = configurationSchema.safeParse(laid.tree, readOnce);
  const wrong = whole.success
    ? []
    : issueProblems(whole.error.issues, configurationSchema, places, [], keysBelow(laid));
  const checked = checkDrivers(source, laid, backends);
  const witnesses = checkWitnesses(laid, checked);
  const backups = await checkBackups(laid, checked);
  const admin = whole.success ? checkAdmin(whole.data.admin, places) : { problems: [] };
  const problems = [
    ...laid.problems,
    ...wrong,
    ...admin.problems,
    ...[...checked.values()].flatMap((driver) => driver.problems),
    ...witnesses.problems,
    ...backups.problems,
  ];
  if (problems.length > 0 || !whole.success) return { kind: 'unusable', problems: inReadingOrder(problems) };

  const { reaper, drivers: _, admin: __, ...rest } = whole.data;
  const { named } = witnesses;
  const configuration = {
    ...(source.file === undefined ? {} : { file: source.file }),
    ...rest,
    grace: reaper.grace,
    ...(admin.tcp === undefined ? {} : { adminTcp: admin.tcp }),
    ...namedDrivers(checked),
    witnesses: named,
    repositories: backups.repositories,
    backups: backups.backups,
  };
  const conflicts = pathProblems(configuration, places);
  if (conflicts.length > 0) return { kind: 'unusable', problems: conflicts };
  const warnings = [...(laid.notices ?? []), ...nameWarnings(configuration, places)];
  return { kind: 'usable', file: source.file, configuration, warnings };
}

/** Keys of lower levels, for those that stand at the top by mistake. */
function keysBelow({ definitions }: Laid): readonly string[] {
  const settings = [...definitions.values()].flatMap((definition) => Object.keys(definition.settings.shape));
  return [
    ...schemaKeys(configurationSchema).map(({ path }) => path.join('.')),
    ...[...schemaKeys(driverSchema), ...schemaKeys(jointSchema)].map(
      ({ path }) => `drivers.<name>.${path.join('.')}`,
    ),
    ...settings.map((key) => `drivers.<name>.settings.${key}`),
  ];
}

function checkDrivers(
  source: Source,
  laid: Laid,
  backends: BackendTable,
): ReadonlyMap<string, CheckedDriver> {
  const { tree, definitions, places } = laid;
  const shared = { backends: Object.keys(backends), places, written: source.written };
  return new Map(
    Object.entries(driversOf(tree)).map(([name, driver]) => [
      name,
      isJoint(driver)
        ? checkJoint({ name, tree: driver, drivers: driversOf(tree), places })
        : checkDriver({ ...shared, name, tree: driver, definition: definitions.get(name) }),
    ]),
  );
}

function checkWitnesses({ tree, places }: Laid, drivers: ReadonlyMap<string, CheckedDriver>) {
  const named = new Map<string, WitnessConfiguration>();
  const problems: Problem[] = [];
  const all = witnessesOf(tree);
  for (const [name, witness] of Object.entries(all)) {
    const checked = checkWitness(name, witness, places);
    problems.push(...checked.problems);
    if (checked.witness !== undefined) named.set(name, checked.witness);
  }
  for (const [name, { driver }] of drivers)
    if (driver !== undefined) problems.push(...unknownWitnesses(name, driver, all, places));
  return { named, problems };
}

/** What reads schedules is loaded only if there are any. */
async function checkBackups({ tree, places }: Laid, drivers: ReadonlyMap<string, CheckedDriver>) {
  const [repositories, backups] = [treeAt(tree, 'repositories'), treeAt(tree, 'backups')];
  if (Object.keys({ ...repositories, ...backups }).length === 0) return noBackups;
  const { checkBackups: check } = await import('./checks/backups.ts');
  return check({
    repositories,
    backups,
    drivers: [...drivers].flatMap(([name, { joint }]) => (joint === undefined ? [name] : [])),
    joints: [...drivers].flatMap(([name, { joint }]) => (joint === undefined ? [] : [name])),
    places,
  });
}

function namedDrivers(
  checked: ReadonlyMap<string, CheckedDriver>,
): Pick<Configuration, 'drivers' | 'joints'> {
  const entries = Array.from(checked, ([name, found]) => ({ name: parseDriverName(name), ...found }));
  return {
    drivers: new Map(entries.flatMap(({ name, driver }) => (driver ? [[name, driver]] : []))),
    joints: new Map(entries.flatMap(({ name, joint }) => (joint ? [[name, joint]] : []))),
  };
}

/** Docker also looks a driver up as the beginning of a managed plugin's ID, which is hexadecimal. */
function nameWarnings(configuration: Configuration, places: Places): readonly Problem[] {
  return [...configuration.drivers.keys(), ...configuration.joints.keys()]
    .filter((name) => /^[0-9a-f]+$/.test(name))
    .map((name) => ({
      place: places(['drivers', name]),
      key: `drivers.${name}`,
      message: `the driver's name ${name} is made of hexadecimal digits alone: Docker may take it for the ID of a managed plugin`,
    }));
}
