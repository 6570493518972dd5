import type * as z from 'zod/mini';
import type { BackendDefinition } from '../backends/definition.ts';
import { type Problem, suggestion } from './problem.ts';
import { backupSchema, repositorySchema } from './schema/backups.ts';
import { csiSchema } from './schema/csi.ts';
import { configurationSchema } from './schema/daemon.ts';
import { jointSchema } from './schema/joint.ts';
import { schemaKeys, type ValueKind } from './schema/keys.ts';
import { witnessSchema } from './schema/witnesses.ts';
import { dotted, type Tree, withValueAt } from './tree.ts';

/** An environment variable that stands for a key of the configuration. */
export interface Variable {
  readonly name: string;
  readonly path: readonly string[];
  readonly kind: ValueKind;
}

/** The tree with the environment over it. */
export interface Overlay {
  readonly tree: Tree;
  /** Dotted key → the variable it was set by. */
  readonly origins: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

/** The file to read; and what the tests' runner asks of tests. */
const otherVariables: readonly string[] = ['HOLDFAST_CONFIG', 'HOLDFAST_REQUIRE_ALL'];

/** How a key's variable is called. */
export type Naming = (path: readonly string[]) => string;

/** "HOLDFAST_MOUNT_ROOT" for `mountRoot`: words in upper case, everything else a "_". */
export function variableName(path: readonly string[]): string {
  return upperCase(['HOLDFAST', ...path]);
}

/**
 * In a managed plugin, which has one driver: "LOG_LEVEL", "BACKEND", "REGION" of the settings, "DEFAULTS_SIZE". A setting
 * called like a key of the daemon is "SETTINGS_LOG_LEVEL".
 */
export function pluginVariableName(path: readonly string[]): string {
  if (path[0] !== 'drivers') return upperCase(path);
  const short = upperCase(path.slice(3));
  if (path[2] !== 'settings' || daemonNames().has(short)) return upperCase(path.slice(2));
  return short;
}

function daemonNames(): ReadonlySet<string> {
  return new Set(daemonVariables(upperCase).map(({ name }) => name));
}

export function daemonVariables(naming: Naming = variableName): readonly Variable[] {
  return schemaKeys(configurationSchema)
    .filter((key) => key.kind !== 'map')
    .map((key) => variable(key.path, key.kind, naming));
}

export function backendVariable(driver: string, naming: Naming = variableName): Variable {
  return variable(['drivers', driver, 'backend'], 'text', naming);
}

/** The variables that decide the kind of driver; its other variables depend on them. */
export function choosingVariables(driver: string): readonly Variable[] {
  return [
    backendVariable(driver),
    ...schemaKeys(jointSchema).map((key) =>
      variable(['drivers', driver, ...key.path], key.kind, variableName),
    ),
  ];
}

export function witnessVariables(witness: string): readonly Variable[] {
  return variablesOf(witnessSchema(), ['witnesses', witness]);
}

export function repositoryVariables(repository: string): readonly Variable[] {
  return variablesOf(repositorySchema(), ['repositories', repository]);
}

export function backupVariables(backup: string): readonly Variable[] {
  return variablesOf(backupSchema(), ['backups', backup]);
}

function variablesOf(schema: z.ZodMiniObject, base: readonly string[]): readonly Variable[] {
  return schemaKeys(schema)
    .filter((key) => key.kind !== 'map')
    .map((key) => variable([...base, ...key.path], key.kind, variableName));
}

/** The variables of a driver's settings, CSI endpoint and defaults, as its backend declares them. */
export function driverVariables(
  driver: string,
  definition: BackendDefinition,
  naming: Naming = variableName,
): readonly Variable[] {
  const settings = schemaKeys(definition.settings).map((key) =>
    variable(['drivers', driver, 'settings', ...key.path], key.kind, naming),
  );
  const csi = schemaKeys(csiSchema).map((key) =>
    variable(['drivers', driver, 'csi', ...key.path], key.kind, naming),
  );
  const options = new Map<string, Variable>();
  for (const name of definition.options.flatMap((option) => [option.name, ...option.aliases])) {
    const found = variable(['drivers', driver, 'defaults', name], 'text', naming);
    if (!options.has(found.name)) options.set(found.name, found);
  }
  return [...settings, ...csi, ...options.values()];
}

/** Lays the set variables over the tree; an empty variable counts as not set. */
export function overlay(
  tree: Tree,
  variables: readonly Variable[],
  settings: Readonly<Record<string, string>>,
): Overlay {
  const origins = new Map<string, string>();
  const problems: Problem[] = [];
  let result = tree;
  for (const [name, text] of Object.entries(settings)) {
    if (text === '' || otherVariables.includes(name)) continue;
    const [found, another] = variables.filter((candidate) => candidate.name === name);
    if (found === undefined || another !== undefined) {
      problems.push(variableProblem(name, found && another && [found, another], variables));
      continue;
    }
    result = withValueAt(result, found.path, parsed(text, found.kind));
    origins.set(dotted(found.path), name);
  }
  return { tree: result, origins, problems };
}

function variable(path: readonly string[], kind: ValueKind, naming: Naming): Variable {
  return { name: naming(path), path, kind };
}

function upperCase(path: readonly string[]): string {
  const words = path.map((key) => key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/[^a-zA-Z0-9]+/g, '_'));
  return words.join('_').toUpperCase();
}

/** What cannot be read as the kind stays a string, for the schema to refuse. */
function parsed(text: string, kind: ValueKind): unknown {
  if (kind === 'number' && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (kind === 'switch' && (text === 'true' || text === 'false')) return text === 'true';
  if (kind === 'list') return itemsOf(text);
  if (kind === 'map') return pairsOf(text) ?? text;
  return text;
}

function itemsOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** "team=shop,env=test"; undefined when an item is not a pair. */
function pairsOf(text: string): Tree | undefined {
  const pairs = itemsOf(text).map((item) => /^([^=]+)=(.*)$/s.exec(item));
  if (pairs.includes(null)) return undefined;
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? '']));
}

function variableProblem(
  name: string,
  meanings: readonly Variable[] | undefined,
  variables: readonly Variable[],
): Problem {
  const place = `environment variable ${name}`;
  if (meanings !== undefined) {
    const keys = meanings.map(({ path }) => `\`${dotted(path)}\``).join(' and ');
    return { place, key: '', message: `it could mean ${keys}: set them in the file` };
  }
  const names = [...variables.map((known) => known.name), ...otherVariables.slice(0, 1)];
  return { place, key: '', message: `no such setting; ${suggestion(name, names)}` };
}
