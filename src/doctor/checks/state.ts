import { formatFile, newerFormatIn } from '../../core/decisions/known-format.ts';
import { type Finding, failure, ok, warning } from '../../core/finding.ts';
import type { Check, Patient } from '../check.ts';
import { restartLine, shellWord } from '../lines.ts';

/** The state files have the format of this version, and none was set aside as unreadable. */
export const stateCheck: Check = {
  name: 'state',
  async run(patient) {
    const { drivers, runtimeDir, stateDir } = patient.configuration;
    const folders = [...drivers.keys()].flatMap((name) => [`${stateDir}/${name}`, `${runtimeDir}/${name}`]);
    const found = (await Promise.all([...new Set(folders)].map((folder) => look(patient, folder)))).flat();
    return found.length > 0 ? found : [ok('state', 'The state files of all drivers are readable.')];
  },
};

async function look(patient: Patient, folder: string): Promise<readonly Finding[]> {
  const { system } = patient;
  const names = (await system.list(folder)) ?? [];
  const aside = names
    .filter((name) => name.includes('.jsonl.unreadable-'))
    .map((name) =>
      warning(
        'state',
        `${folder}/${name} could not be read, and was set aside: its content was recovered from the storage and the kernel.`,
        `rm ${shellWord(`${folder}/${name}`)}`,
      ),
    );
  const files = names.filter((name) => name.endsWith('.jsonl'));
  const odd = await Promise.all(
    files.map(async (name) => {
      const text = (await system.text(`${folder}/${name}`)) ?? '';
      const [first = ''] = text.split('\n');
      return first === '' || looksOurs(first)
        ? []
        : [otherFormat(`${folder}/${name}`, await restartLine(patient))];
    }),
  );
  const newer = newerFormatIn(await system.text(`${folder}/${formatFile}`));
  const refused =
    newer === undefined ? [] : [failure('state', `The state in ${folder} cannot be used: ${newer}.`)];
  return [...refused, ...aside, ...odd.flat()];
}

/** A checksum, a space and a record with a kind: the format of every version so far. */
function looksOurs(line: string): boolean {
  return /^[0-9a-f]{8,64} \{"kind":"/.test(line);
}

/** What was written by another version is best read by that version: then it is to be installed before this line. */
function otherFormat(path: string, restart: string): Finding {
  const evidence = `${path} does not have the format of this version: another version wrote it, which should run again, or it is damaged. At its next start, this version sets it aside.`;
  return failure('state', evidence, restart);
}
