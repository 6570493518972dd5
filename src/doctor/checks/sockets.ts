import { type Finding, failure, ok, warning } from '../../core/finding.ts';
import { type Check, driverNames, type Patient } from '../check.ts';
import { newSocketsLine, shellWord } from '../lines.ts';

/** Each driver's socket exists, is answered, and is closed to others; no other socket in the folder is dead. */
export const socketsCheck: Check = {
  name: 'sockets',
  async run(patient) {
    const { adminSocket, pluginSocket, socketDir } = patient.configuration;
    const own = driverNames(patient.configuration).map((name) => pluginSocket ?? `${socketDir}/${name}.sock`);
    const ours = await Promise.all([...own, adminSocket].map((path) => look(patient, path)));
    const found = [...ours.flat(), ...(await strangers(patient, own))];
    if (found.length > 0) return found;
    const answered = patient.daemon.isUp ? `${[...own, adminSocket].join(', ')} are answered` : 'None exists';
    return [ok('sockets', `${answered}, and there is no dead one.`)];
  },
};

async function look(patient: Patient, path: string): Promise<readonly Finding[]> {
  const { daemon, system } = patient;
  const word = shellWord(path);
  const facts = await system.facts(path);
  if (facts === undefined) {
    if (!daemon.isUp) return [];
    const evidence = `The socket ${path} is missing, although the daemon runs.`;
    return [failure('socket', evidence, await newSocketsLine(patient))];
  }
  if (!(await system.isAnswered(path))) {
    const evidence = `Nobody listens on the socket ${path}: an engine waits 15 s for it each time.`;
    return [failure('socket', evidence, daemon.isUp ? await newSocketsLine(patient) : `rm ${word}`)];
  }
  const mode = facts.mode & 0o777;
  if ((mode & 0o077) === 0 && facts.uid === 0) return [];
  const evidence = `The socket ${path} has mode ${mode.toString(8).padStart(4, '0')} and owner ${facts.uid}: everybody who may write to it is as powerful as root.`;
  return [failure('socket', evidence, `chown root:root ${word} && chmod 0600 ${word}`)];
}

/** Docker asks what is there, wherever ours are. */
const usualFolder = '/run/docker/plugins';

async function socketsIn(system: Patient['system'], folder: string): Promise<readonly string[]> {
  const names = (await system.list(folder)) ?? [];
  return names
    .filter((name) => name.endsWith('.sock') && !name.startsWith('.'))
    .map((name) => `${folder}/${name}`);
}

/** Sockets of other plugins, which an engine also asks. */
async function strangers({ configuration: { socketDir }, system }: Patient, own: readonly string[]) {
  const folders = [...new Set([socketDir, usualFolder])];
  const each = await Promise.all(folders.map((folder) => socketsIn(system, folder)));
  const paths = each.flat().filter((path) => !own.includes(path));
  const dead = await Promise.all(paths.map(async (path) => !(await system.isAnswered(path))));
  return paths
    .filter((_, index) => dead[index])
    .map((path) =>
      warning(
        'socket',
        `Nobody listens on ${path}, which is not ours: an engine waits 15 s for it each time.`,
        `rm ${shellWord(path)}`,
      ),
    );
}
