import { quote } from '../../core/names.ts';
import type { DriverConfiguration, WitnessConfiguration } from '../configuration.ts';
import { issueProblems, readOnce } from '../explain-issue.ts';
import { type Places, type Problem, suggestion, valueProblem } from '../problem.ts';
import { witnessSchema } from '../schema/witnesses.ts';
import type { Tree } from '../tree.ts';

export interface CheckedWitness {
  /** Present when nothing is wrong. */
  readonly witness?: WitnessConfiguration;
  readonly problems: readonly Problem[];
}

export function checkWitness(name: string, tree: unknown, places: Places): CheckedWitness {
  const base = ['witnesses', name];
  // It becomes the name of a file.
  const named = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/.test(name)
    ? []
    : [
        valueProblem(
          places,
          base,
          `the name ${quote(name)} must consist of letters, digits, "_", "." and "-"`,
        ),
      ];
  const read = witnessSchema().safeParse(tree, readOnce);
  if (!read.success)
    return { problems: [...named, ...issueProblems(read.error.issues, witnessSchema(), places, base)] };
  const problems = [...named, ...fitProblems(read.data, [...base], places)];
  return problems.length > 0 ? { problems } : { witness: read.data, problems };
}

/** The witnesses that a driver's settings name must be there. */
export function unknownWitnesses(
  driver: string,
  { settings }: DriverConfiguration,
  witnesses: Tree,
  places: Places,
): readonly Problem[] {
  const { setting = '', names = [] } = settings.needs.witnesses ?? {};
  return names.flatMap((name, index) => {
    if (Object.hasOwn(witnesses, name)) return [];
    const message = `there is no witness ${quote(name)}; ${suggestion(name, Object.keys(witnesses))}`;
    return [valueProblem(places, ['drivers', driver, 'settings', setting, index], message)];
  });
}

function fitProblems(
  { kind, addresses, tls }: WitnessConfiguration,
  base: readonly string[],
  places: Places,
): readonly Problem[] {
  const sockets = addresses.flatMap((address, index) =>
    kind === 'mesos' && address.startsWith('unix:')
      ? [
          valueProblem(
            places,
            [...base, 'addresses', index],
            'a Mesos master has no Unix socket: use its URL',
          ),
        ]
      : [],
  );
  if ((tls.certificate === undefined) === (tls.key === undefined)) return sockets;
  return [
    ...sockets,
    valueProblem(places, [...base, 'tls'], 'a certificate needs its key, and a key its certificate'),
  ];
}
