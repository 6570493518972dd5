import * as z from 'zod/mini';
import type { BackendDefinition, DriverSettings } from '../../backends/definition.ts';
import { parseDriverName } from '../../core/names.ts';
import { once } from '../../core/once.ts';
import { asVolumeError } from '../../core/volume-error.ts';
import type { CsiConfiguration, DriverConfiguration, JointConfiguration } from '../configuration.ts';
import { explainIssue, issueProblems, readOnce } from '../explain-issue.ts';
import { type Places, type Problem, suggestion, valueProblem } from '../problem.ts';
import { driverSchema } from '../schema/driver.ts';
import { jointSchema } from '../schema/joint.ts';
import { isTree, type KeyPath, type Tree } from '../tree.ts';
import { optionProblems, optionTexts } from './options.ts';

export interface DriverParts {
  readonly name: string;
  readonly tree: unknown;
  /** The definition of the backend that the tree names; undefined when there is no such backend. */
  readonly definition: BackendDefinition | undefined;
  /** The names to choose from. */
  readonly backends: readonly string[];
  readonly places: Places;
  /** A scalar as the file has it. */
  written(path: KeyPath): string | undefined;
}

export interface CheckedDriver {
  /** Present when nothing is wrong. */
  readonly driver?: DriverConfiguration;
  /** The same for one that has members. */
  readonly joint?: JointConfiguration;
  readonly problems: readonly Problem[];
}

export function checkDriver(parts: DriverParts): CheckedDriver {
  const base = ['drivers', parts.name];
  const { rest: tree, problems: beside } = withoutJointKeys(parts, base);
  const name = [...nameProblems(parts), ...beside];
  const shape = driverSchema.safeParse(tree, readOnce);
  if (shape.success) {
    const rest = checkWhole(parts, shape.data);
    const problems = [...name, ...rest.problems];
    return problems.length > 0 ? { problems } : rest;
  }
  const hasBackend = isTree(parts.tree) && parts.tree.backend !== undefined;
  const wrong = issueProblems(
    shape.error.issues,
    hasBackend ? driverSchema : eitherSchema(),
    parts.places,
    base,
    keysElsewhere(parts, 'driver'),
  );
  // The settings can be checked even if other keys are misplaced.
  const settings = isTree(parts.tree) && isTree(parts.tree.settings) ? parts.tree.settings : undefined;
  const more = settings && parts.definition && checkSettings(parts, parts.definition, settings).problems;
  return { problems: [...name, ...wrong, ...(more ?? [])] };
}

/** Keys that may stand beside or below `level`, as a person would write them there. */
function keysElsewhere({ definition }: DriverParts, level: 'driver' | 'settings'): readonly string[] {
  const settings = Object.keys(definition?.settings.shape ?? {}).map((key) => `settings.${key}`);
  const options = (definition?.options ?? []).flatMap(({ name, aliases }) =>
    [name, ...aliases].map((key) => `defaults.${key}`),
  );
  const own = Object.keys(driverSchema.shape);
  return level === 'driver' ? [...settings, ...options] : [...own, ...options];
}

type Shape = ReturnType<typeof driverSchema.parse>;

/** For the names of keys: which kind of driver was meant is not known. */
const eitherSchema = once(() => z.extend(driverSchema, jointSchema.shape));

function checkWhole(parts: DriverParts, shape: Shape): CheckedDriver {
  const { definition, places } = parts;
  const base = ['drivers', parts.name];
  if (definition === undefined) {
    const message = `there is no backend ${JSON.stringify(shape.backend.slice(0, 60))}; ${suggestion(shape.backend, parts.backends)}`;
    return { problems: [valueProblem(places, [...base, 'backend'], message)] };
  }
  const { settings, problems } = checkSettings(parts, definition, shape.settings);
  const defaults = optionTexts(shape.defaults, [...base, 'defaults'], parts.written);
  const profiles = Object.entries(shape.profiles).map(([profile, options]) => {
    const path = [...base, 'profiles', profile];
    return { profile, path, options: optionTexts(options, path, parts.written) };
  });
  const wrongOptions = [
    ...optionProblems(definition, defaults, [...base, 'defaults'], places),
    ...profiles.flatMap(({ path, options }) => optionProblems(definition, options, path, places)),
  ];
  const all = [...problems, ...wrongOptions];
  if (settings === undefined) return { problems: all };
  const driver = {
    backend: shape.backend,
    settings,
    defaults,
    profiles: Object.fromEntries(profiles.map(({ profile, options }) => [profile, options])),
    ...(shape.csi === undefined ? {} : { csi: csiOf(shape.csi) }),
  };
  return { driver, problems: all };
}

function csiOf({ nodeId, ...rest }: NonNullable<Shape['csi']>): CsiConfiguration {
  return { ...rest, ...(nodeId === undefined ? {} : { nodeId }) };
}

/** Keys of a joint driver cannot be combined with a backend. */
function withoutJointKeys(
  { tree, places }: DriverParts,
  base: KeyPath,
): { readonly rest: unknown; readonly problems: readonly Problem[] } {
  if (!isTree(tree) || tree.backend === undefined) return { rest: tree, problems: [] };
  const { members, rules, ...rest }: Tree = tree;
  const problems = Object.entries({ members, rules })
    .filter(([, value]) => value !== undefined)
    .map(([key]) =>
      valueProblem(
        places,
        [...base, key],
        'cannot be combined with `backend`: a driver has one or the other',
      ),
    );
  return { rest, problems };
}

/** Docker and Podman have a driver of this name built in, and ask no plugin for it. */
const enginesOwn = 'local';
const takenName = `The driver name "${enginesOwn}" cannot be used: engines answer for it themselves and would never ask this driver. Choose another one, such as "holdfast".`;

export function nameProblems(parts: Pick<DriverParts, 'name' | 'places'>): readonly Problem[] {
  const base = ['drivers', parts.name];
  const wrong = (message: string) => [{ place: parts.places(base), key: base.join('.'), message }];
  try {
    const name = parseDriverName(parts.name);
    return name === enginesOwn ? wrong(takenName) : [];
  } catch (error) {
    return wrong(asVolumeError(error, 'The driver name').message);
  }
}

interface CheckedSettings {
  /** Present when nothing is wrong. */
  readonly settings?: DriverSettings;
  readonly problems: readonly Problem[];
}

function checkSettings(
  parts: DriverParts,
  definition: BackendDefinition,
  written: Readonly<Record<string, unknown>>,
): CheckedSettings {
  const read = definition.readSettings(written, explainIssue);
  if (read.kind === 'usable') return { settings: read.settings, problems: [] };
  const base = ['drivers', parts.name, 'settings'];
  const elsewhere = keysElsewhere(parts, 'settings');
  return { problems: issueProblems(read.issues, definition.settings, parts.places, base, elsewhere) };
}
