import { type Finding, failure, ok, warning } from '../../core/finding.ts';
import type { Check, Patient } from '../check.ts';

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

async function look({ system }: Patient, folder: string): Promise<readonly Finding[]> {
  const names = (await system.list(folder)) ?? [];
  const aside = names
    .filter((name) => name.includes('.jsonl.unreadable-'))
    .map((name) =>
      warning(
        'state',
        `${folder}/${name} could not be read, and was set aside: its content was recovered from the storage and the kernel.`,
        `rm ${folder}/${name}`,
      ),
    );
  const files = names.filter((name) => name.endsWith('.jsonl'));
  const odd = await Promise.all(
    files.map(async (name) => {
      const text = (await system.text(`${folder}/${name}`)) ?? '';
      const [first = ''] = text.split('\n');
      return first === '' || looksOurs(first) ? [] : [otherFormat(`${folder}/${name}`)];
    }),
  );
  return [...aside, ...odd.flat()];
}

/** A checksum, a space and a record with a kind: the format of every version so far. */
function looksOurs(line: string): boolean {
  return /^[0-9a-f]{8,64} \{"kind":"/.test(line);
}

function otherFormat(path: string): Finding {
  return failure(
    'state',
    `${path} does not have the format of this version: another version wrote it, or it is damaged.`,
    'Run the version that wrote it, or let this one set the file aside: `systemctl restart holdfast.service`.',
  );
}
