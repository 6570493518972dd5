import { defaultAdminSocket, defaultFile } from '../config/default-paths.ts';
import type { Patient } from './check.ts';

/*
 * The lines that mend: each is one command for a root shell, or a sentence with its commands in backticks. A command names the
 * configuration and the socket that the doctor was given, where they are not the usual ones.
 */

/** One word for a shell, quoted if it needs that: a path may come from a directory that others write to. */
export function shellWord(text: string): string {
  return /^[\w./@:,+=%-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** `holdfast VERB` for the same configuration. */
export function withConfiguration(verb: string, file: string | undefined): string {
  const words = file === undefined || file === defaultFile ? [] : ['--config', shellWord(file)];
  return ['holdfast', verb, ...words].join(' ');
}

/** `holdfast VERB` for the daemon that was examined. */
export function toDaemon(verb: string, socket: string): string {
  const words = socket === defaultAdminSocket ? [] : ['--socket', shellWord(socket)];
  return ['holdfast', verb, ...words].join(' ');
}

export const serviceUnit = '/etc/systemd/system/holdfast.service';

/** Starts the daemon again. Containers are not affected. */
export async function restartLine({ configuration, system }: Patient): Promise<string> {
  if ((await system.facts(serviceUnit)) !== undefined) return 'systemctl restart holdfast.service';
  if (configuration.pluginSocket !== undefined)
    return 'Restart the plugin: `docker plugin disable --force PLUGIN`, then `docker plugin enable PLUGIN`.';
  return `End the daemon, and start it again: \`${withConfiguration('serve', configuration.file)}\`.`;
}

/** Makes the sockets again. Those of a service are systemd's, which a restart of the service alone does not make. */
export async function newSocketsLine(patient: Patient): Promise<string> {
  const { configuration, system } = patient;
  if ((await system.facts(serviceUnit)) === undefined) return restartLine(patient);
  return withConfiguration('install', configuration.file);
}
