import type { BackendDefinition } from '../../backends/definition.ts';
import type { Options } from '../../core/volume.ts';
import { asVolumeError } from '../../core/volume-error.ts';
import { type Places, type Problem, valueProblem } from '../problem.ts';
import type { KeyPath } from '../tree.ts';

type OptionValues = Readonly<Record<string, string | number | boolean>>;

/** Options are strings: a number becomes its spelling in the file (`0750`), so that nothing is lost. */
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

/** Every option that the backend refuses, each with its own line if that is known. */
export function optionProblems(
  definition: BackendDefinition,
  options: Options,
  base: KeyPath,
  places: Places,
): readonly Problem[] {
  const settings = Object.keys(options).filter((name) => isSetting(definition, name));
  if (settings.length > 0) {
    const rest = Object.entries(options).filter(([name]) => !settings.includes(name));
    return [
      ...settings.map((name) =>
        valueProblem(
          places,
          [...base, name],
          `is not an option of a volume; did you mean \`settings.${name}\`?`,
        ),
      ),
      ...optionProblems(definition, Object.fromEntries(rest), base, places),
    ];
  }
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

function isSetting({ settings, options }: BackendDefinition, name: string): boolean {
  const spellings = options.flatMap((option) => [option.name, ...option.aliases]);
  const isOption = spellings.some((spelling) => spelling.toLowerCase() === name.toLowerCase());
  return !isOption && Object.hasOwn(settings.shape, name);
}

function refusal(definition: BackendDefinition, options: Options): string | undefined {
  try {
    definition.checkOptions(options);
    return undefined;
  } catch (error) {
    return asVolumeError(error, 'The options cannot be used').message;
  }
}
