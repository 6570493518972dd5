import type { Problem } from '../../config/problem.ts';
import { problemText } from '../../config/problem.ts';
import { type Finding, failure, ok, warning } from '../../core/finding.ts';
import type { Check } from '../check.ts';
import { shellWord } from '../lines.ts';

/** The configuration has no errors. */
export const configurationCheck: Check = {
  name: 'configuration',
  async run({ configuration: { file }, warnings }) {
    if (warnings.length > 0) return warnings.map((problem) => warning('configuration', problemText(problem)));
    return [ok('configuration', `${file ?? 'The default configuration'} is valid.`)];
  },
};

/** Without a usable configuration, nothing else can be checked. */
export function unusableConfiguration(
  problems: readonly Problem[],
  file: string | undefined,
): readonly Finding[] {
  const check = file === undefined ? 'holdfast check' : `holdfast check ${shellWord(file)}`;
  return problems.map((problem) => failure('configuration', problemText(problem), check));
}
