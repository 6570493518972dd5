import type { LoadedConfiguration } from '../config/load-configuration.ts';
import { problemText } from '../config/problem.ts';
import type { CommandResult } from './command-result.ts';
import { listed, table } from './table.ts';

/** The configuration, looked at without touching anything. */
export function checkResult(loaded: LoadedConfiguration): CommandResult {
  if (loaded.kind === 'unusable') {
    const { problems } = loaded;
    const count = problems.length === 1 ? 'One thing is' : `${problems.length} things are`;
    return {
      json: { usable: false, problems, warnings: [], drivers: [] },
      text: [...problems.map(problemText), `${count} wrong with the configuration.`].join('\n'),
      exitCode: 1,
    };
  }
  const { file, warnings, configuration } = loaded;
  const drivers = Array.from(configuration.drivers, ([name, { backend }]) => ({ name, backend }));
  const joints = Array.from(configuration.joints, ([name, { members }]) => ({ name, members }));
  const rows = [
    ...drivers.map(({ name, backend }) => [name, backend]),
    ...joints.map(({ name, members }) => [name, `joint of ${listed(members)}`]),
  ];
  return {
    json: {
      usable: true,
      ...(file === undefined ? {} : { file }),
      problems: [],
      warnings,
      drivers: [...drivers, ...joints.map((joint) => ({ ...joint, backend: 'joint' }))],
    },
    text: [
      ...warnings.map((warning) => `warning: ${problemText(warning)}`),
      `${file ?? 'The default configuration'} is in order.`,
      table(rows.map(([name, kind = '']) => [`  ${name}`, kind, 'ok'])),
    ].join('\n'),
  };
}
