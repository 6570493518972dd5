import type { BackendDefinition } from '../backends/backend.ts';
import type { Options } from '../core/volume.ts';
import { asVolumeError } from '../core/volume-error.ts';
import { type Places, type Problem, valueProblem } from './problem.ts';
import type { KeyPath } from './tree.ts';

type OptionValues = Readonly<Record<string, string | number | boolean>>;

/** Options are texts: a number becomes what was written (`0750`), so that nothing is lost on the way. */
export function optionTexts(
  values: OptionValues,
  base: KeyPath,
  written: (path: KeyPath) => string | undefined,
): Options {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'number' ? (written([...base, name]) ?? String(value)) : String(value),
    ]),
  );
}

/** Every option that the backend refuses, each at its own line where it can be told. */
export function optionProblems(
  definition: BackendDefinition,
  options: Options,
  base: KeyPath,
  places: Places,
): readonly Problem[] {
  const message = refusal(definition, options);
  if (message === undefined) return [];
  const culprit = Object.entries(options).find(
    ([name, value]) => refusal(definition, { [name]: value }) === message,
  );
  if (culprit === undefined) return [valueProblem(places, base, message)];
  const [name] = culprit;
  const rest = Object.fromEntries(Object.entries(options).filter(([other]) => other !== name));
  return [valueProblem(places, [...base, name], message), ...optionProblems(definition, rest, base, places)];
}

function refusal(definition: BackendDefinition, options: Options): string | undefined {
  try {
    definition.checkOptions(options);
    return undefined;
  } catch (error) {
    return asVolumeError(error, 'The options cannot be used').message;
  }
}
