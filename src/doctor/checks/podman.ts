import { type Finding, ok, warning } from '../../core/finding.ts';
import type { Check, Patient } from '../check.ts';
import { shellWord } from '../lines.ts';

const file = '/etc/containers/containers.conf';
/** Read after the file, in order of their names (containers.conf(5)). */
const folder = `${file}.d`;
/** Seconds; Podman waits 5 by default, a Mount after a crash takes longer. */
const enough = 60;

/** Podman waits long enough for a Mount, if its configuration has our drivers. */
export const podmanCheck: Check = {
  name: 'podman',
  async run(patient) {
    const texts = await settingsOf(patient);
    return texts.some((text) => text.includes(patient.configuration.socketDir)) ? [timeout(texts)] : [];
  },
};

async function settingsOf({ system }: Patient): Promise<readonly string[]> {
  const names = ((await system.list(folder)) ?? []).filter((name) => name.endsWith('.conf')).toSorted();
  const paths = [file, ...names.map((name) => `${folder}/${name}`)];
  const each = await Promise.all(paths.map((path) => system.text(path)));
  return each.filter((text) => text !== undefined);
}

/** The last one counts. */
function timeout(texts: readonly string[]): Finding {
  const told = texts.flatMap((text) => /^\s*volume_plugin_timeout\s*=\s*(\d+)/m.exec(text)?.[1] ?? []);
  const seconds = Number(told.at(-1) ?? 5);
  if (seconds >= enough) return ok('Podman', `It waits ${seconds} s for a driver.`);
  const evidence = `It waits ${seconds} s for a driver, and a Mount may take longer.`;
  return warning('Podman', evidence, podmanLine('holdfast', 'engine', `volume_plugin_timeout = ${enough}`));
}

/** Adds a setting to Podman's in a file of its own. */
export function podmanLine(name: string, table: string, setting: string): string {
  const text = shellWord(`[${table}]\\n${setting}\\n`);
  return `mkdir -p ${folder} && printf ${text} > ${folder}/${name}.conf`;
}
