import { type Finding, failure, ok } from '../../core/finding.ts';
import { type Check, type Patient, rootsOf } from '../check.ts';
import { shellWord } from '../lines.ts';

/** No other user of the host can reach a volume: the directories above belong to root and are closed. */
export const directoriesCheck: Check = {
  name: 'directories',
  async run(patient) {
    const { mountRoot, runtimeDir, stateDir } = patient.configuration;
    const paths = [mountRoot, runtimeDir, stateDir, ...rootsOf(patient.configuration)];
    const found = (await Promise.all([...new Set(paths)].map((path) => look(patient, path)))).flat();
    return found.length > 0
      ? found
      : [ok('directories', 'Only root can enter the directories of volumes and state.')];
  },
};

async function look({ system }: Patient, path: string): Promise<readonly Finding[]> {
  const facts = await system.facts(path);
  if (facts === undefined || facts.kind !== 'directory') return [];
  if ((facts.mode & 0o077) === 0 && facts.uid === 0) return [];
  const mode = (facts.mode & 0o777).toString(8).padStart(4, '0');
  const evidence = `${path} has mode ${mode} and owner ${facts.uid}: other users of the host can enter it.`;
  const word = shellWord(path);
  return [failure('directory', evidence, `chown root:root ${word} && chmod 0700 ${word}`)];
}
