import { Cron } from 'croner';
import { quote } from '../../core/names.ts';
import type { BackupConfiguration, RepositoryConfiguration } from '../configuration.ts';
import { issueProblems, readOnce } from '../explain-issue.ts';
import { type Places, type Problem, suggestion, valueProblem } from '../problem.ts';
import { backupSchema, repositorySchema } from '../schema/backups.ts';
import type { Tree } from '../tree.ts';

export interface CheckedBackups {
  readonly repositories: ReadonlyMap<string, RepositoryConfiguration>;
  readonly backups: ReadonlyMap<string, BackupConfiguration>;
  readonly problems: readonly Problem[];
}

interface Written {
  readonly repositories: Tree;
  readonly backups: Tree;
  /** The configured drivers with storage of their own, and the joint ones. */
  readonly drivers: readonly string[];
  readonly joints: readonly string[];
  readonly places: Places;
}

export function checkBackups({
  repositories: trees,
  backups: plans,
  drivers,
  joints,
  places,
}: Written): CheckedBackups {
  const problems: Problem[] = [];
  const repositories = new Map<string, RepositoryConfiguration>();
  const backups = new Map<string, BackupConfiguration>();
  for (const [name, tree] of Object.entries(trees)) {
    problems.push(...nameProblems(['repositories', name], name, places));
    const read = repositorySchema().safeParse(tree, readOnce);
    if (!read.success) {
      problems.push(...issueProblems(read.error.issues, repositorySchema(), places, ['repositories', name]));
      continue;
    }
    const found = repositoryProblems(read.data, ['repositories', name], places);
    problems.push(...found);
    repositories.set(name, read.data);
  }
  for (const [name, tree] of Object.entries(plans)) {
    problems.push(...nameProblems(['backups', name], name, places));
    const read = backupSchema().safeParse(tree, readOnce);
    if (!read.success) {
      problems.push(...issueProblems(read.error.issues, backupSchema(), places, ['backups', name]));
      continue;
    }
    problems.push(...backupProblems(read.data, name, { names: Object.keys(trees), drivers, joints, places }));
    backups.set(name, read.data);
  }
  return { repositories, backups, problems };
}

/** It becomes the name of a file, and of a tag. */
function nameProblems(path: readonly string[], name: string, places: Places): readonly Problem[] {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/.test(name)) return [];
  return [
    valueProblem(places, path, `the name ${quote(name)} must consist of letters, digits, "_", "." and "-"`),
  ];
}

function repositoryProblems(
  { url, urlFile, passwordFile, passwordCommand, environmentFiles }: RepositoryConfiguration,
  path: readonly string[],
  places: Places,
): readonly Problem[] {
  const problems: Problem[] = [];
  if ((url === undefined) === (urlFile === undefined))
    problems.push(valueProblem(places, path, 'must have either `url` or `urlFile`'));
  if ((passwordFile === undefined) === (passwordCommand === undefined))
    problems.push(valueProblem(places, path, 'must have either `passwordFile` or `passwordCommand`'));
  for (const variable of Object.keys(environmentFiles))
    if (!resticVariable.test(variable))
      problems.push(
        valueProblem(
          places,
          [...path, 'environmentFiles', variable],
          'must be a variable that restic uses for a repository, such as AWS_ACCESS_KEY_ID',
        ),
      );
  return problems;
}

/** Those with secrets and addresses; never those that decide which programs run. */
const resticVariable = /^(?:AWS|RESTIC_REST|SSL_CERT)_[A-Z0-9_]+$|^SSH_AUTH_SOCK$/;

function backupProblems(
  { repository, drivers: chosen = [], schedule, prove }: BackupConfiguration,
  name: string,
  known: Pick<Written, 'drivers' | 'joints' | 'places'> & { readonly names: readonly string[] },
): readonly Problem[] {
  const at = (key: string | number, ...more: (string | number)[]) => ['backups', name, key, ...more];
  const { names, drivers, joints, places } = known;
  const problems: Problem[] = [];
  if (!names.includes(repository))
    problems.push(
      valueProblem(
        places,
        at('repository'),
        `there is no repository ${quote(repository)}; ${suggestion(repository, names)}`,
      ),
    );
  for (const [index, driver] of chosen.entries())
    if (!drivers.includes(driver))
      problems.push(
        valueProblem(
          places,
          at('drivers', index),
          joints.includes(driver)
            ? `${quote(driver)} is a joint driver: name its members, which have the volumes`
            : `there is no driver ${quote(driver)}; ${suggestion(driver, drivers)}`,
        ),
      );
  for (const [key, pattern] of Object.entries({ schedule, prove }))
    if (!isSchedule(pattern))
      problems.push(
        valueProblem(
          places,
          at(key),
          `must be a schedule such as "0 3 * * *" (minute, hour, day, month, day of the week), not ${quote(pattern)}`,
        ),
      );
  return problems;
}

/** Whether it has five fields, as in crontab(5), and a time that comes. */
function isSchedule(pattern: string): boolean {
  try {
    if (!pattern.startsWith('@') && pattern.trim().split(/\s+/).length !== 5) return false;
    return new Cron(pattern, { paused: true }).nextRun() !== null;
  } catch {
    return false;
  }
}
