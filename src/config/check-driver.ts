import type { BackendDefinition } from '../backends/backend.ts';
import { parseDriverName } from '../core/names.ts';
import { asVolumeError } from '../core/volume-error.ts';
import { optionProblems, optionTexts } from './check-options.ts';
import type { DriverConfiguration, JointConfiguration } from './configuration.ts';
import { explainIssue, issueProblems } from './explain-issue.ts';
import { type Places, type Problem, suggestion, valueProblem } from './problem.ts';
import { driverSchema, jointSchema } from './schema.ts';
import { isTree, type KeyPath, type Tree } from './tree.ts';

export interface DriverParts {
  readonly name: string;
  readonly tree: unknown;
  /** Of the backend that the tree names; undefined when there is no such backend. */
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
  /** The `root` setting: where a backend that has one keeps its volumes on this host. */
  readonly root?: string;
  /** The `witnesses` setting: whom a backend that has one asks. */
  readonly witnesses?: readonly string[];
  readonly problems: readonly Problem[];
}

export function checkDriver(parts: DriverParts): CheckedDriver {
  const base = ['drivers', parts.name];
  const { rest: tree, problems: beside } = withoutJointKeys(parts, base);
  const name = [...nameProblems(parts), ...beside];
  const shape = driverSchema.safeParse(tree, { error: explainIssue });
  if (shape.success) {
    const rest = checkWhole(parts, shape.data);
    const problems = [...name, ...rest.problems];
    return problems.length > 0 ? { problems } : rest;
  }
  const hasBackend = isTree(parts.tree) && parts.tree.backend !== undefined;
  const wrong = issueProblems(
    shape.error.issues,
    hasBackend ? driverSchema : eitherSchema,
    parts.places,
    base,
  );
  // What is there can be checked beside what is misplaced.
  const settings = isTree(parts.tree) && isTree(parts.tree.settings) ? parts.tree.settings : undefined;
  const more = settings && parts.definition && checkSettings(parts, parts.definition, settings).problems;
  return { problems: [...name, ...wrong, ...(more ?? [])] };
}

type Shape = ReturnType<typeof driverSchema.parse>;

/** For the names of keys: which kind of driver was meant is not known. */
const eitherSchema = driverSchema.extend(jointSchema.shape);

function checkWhole(parts: DriverParts, shape: Shape): CheckedDriver {
  const { definition, places } = parts;
  const base = ['drivers', parts.name];
  if (definition === undefined) {
    const message = `there is no backend ${JSON.stringify(shape.backend.slice(0, 60))}; ${suggestion(shape.backend, parts.backends)}`;
    return { problems: [valueProblem(places, [...base, 'backend'], message)] };
  }
  const { root, witnesses, problems } = checkSettings(parts, definition, shape.settings);
  const defaults = optionTexts(shape.defaults, [...base, 'defaults'], parts.written);
  const profiles = Object.entries(shape.profiles).map(([profile, options]) => {
    const path = [...base, 'profiles', profile];
    return { profile, path, options: optionTexts(options, path, parts.written) };
  });
  const wrongOptions = [
    ...optionProblems(definition, defaults, [...base, 'defaults'], places),
    ...profiles.flatMap(({ path, options }) => optionProblems(definition, options, path, places)),
  ];
  return {
    driver: {
      backend: shape.backend,
      settings: shape.settings,
      defaults,
      profiles: Object.fromEntries(profiles.map(({ profile, options }) => [profile, options])),
    },
    ...(root === undefined ? {} : { root }),
    ...(witnesses === undefined ? {} : { witnesses }),
    problems: [...problems, ...wrongOptions],
  };
}

/** What makes a driver one name over several cannot stand beside a backend. */
function withoutJointKeys(
  { tree, places }: DriverParts,
  base: KeyPath,
): { readonly rest: unknown; readonly problems: readonly Problem[] } {
  if (!isTree(tree) || tree.backend === undefined) return { rest: tree, problems: [] };
  const { members, rules, ...rest }: Tree = tree;
  const problems = Object.entries({ members, rules })
    .filter(([, value]) => value !== undefined)
    .map(([key]) =>
      valueProblem(places, [...base, key], 'cannot stand beside `backend`: a driver has one or the other'),
    );
  return { rest, problems };
}

export function nameProblems(parts: Pick<DriverParts, 'name' | 'places'>): readonly Problem[] {
  const base = ['drivers', parts.name];
  try {
    parseDriverName(parts.name);
    return [];
  } catch (error) {
    const { message } = asVolumeError(error, 'The driver name');
    return [{ place: parts.places(base), key: base.join('.'), message }];
  }
}

function checkSettings(
  parts: DriverParts,
  definition: BackendDefinition,
  settings: Readonly<Record<string, unknown>>,
): CheckedDriver {
  const schema = definition.settings.strict();
  const read = schema.safeParse(settings, { error: explainIssue });
  if (!read.success) {
    const base = ['drivers', parts.name, 'settings'];
    return { problems: issueProblems(read.error.issues, schema, parts.places, base) };
  }
  const { root, witnesses } = read.data;
  return {
    problems: [],
    ...(typeof root === 'string' ? { root } : {}),
    ...(Array.isArray(witnesses) ? { witnesses: witnesses.map(String) } : {}),
  };
}
