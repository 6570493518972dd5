import type { LoadedConfiguration } from '../config/load-configuration.ts';
import { problemText } from '../config/problem.ts';
import { engineNameNotes } from '../core/engine/names.ts';
import { listed } from '../core/listed.ts';
import { shown } from '../core/shown.ts';
import type { CommandResult } from './command-result.ts';
import { table } from './table.ts';

/** Reports on the configuration. Changes nothing. */
export function checkResult(loaded: LoadedConfiguration): CommandResult {
  if (loaded.kind === 'unusable') {
    const { problems } = loaded;
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    return {
      json: { usable: false, problems, warnings: [], drivers: [] },
      text: [
        ...problems.map((problem) => shown(problemText(problem))),
        `${count} in the configuration.`,
      ].join('\n'),
      exitCode: 1,
    };
  }
  const { file, warnings, configuration } = loaded;
  const drivers = Array.from(configuration.drivers, ([name, { backend }]) => ({ name, backend }));
  const joints = Array.from(configuration.joints, ([name, { members }]) => ({ name, members }));
  const notes = engineNameNotes(joints);
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
      ...(notes.length === 0 ? {} : { notes }),
      drivers: [...drivers, ...joints.map((joint) => ({ ...joint, backend: 'joint' }))],
    },
    text: [
      ...warnings.map((warning) => `warning: ${shown(problemText(warning))}`),
      ...notes.map((note) => `note: ${shown(note)}`),
      `${file ?? 'The default configuration'} is valid.`,
      table(rows.map(([name, kind = '']) => [`  ${name}`, kind, 'ok'])),
    ].join('\n'),
  };
}
