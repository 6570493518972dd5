import { type Finding, ok, warning } from '../../core/finding.ts';
import type { Check } from '../check.ts';

const file = '/etc/containers/containers.conf';
/** Seconds; Podman waits 5 by default, a Mount after a crash takes longer. */
const enough = 60;

/** Podman waits long enough for a Mount, if its configuration has our drivers. */
export const podmanCheck: Check = {
  name: 'podman',
  async run({ configuration, system }) {
    const text = await system.text(file);
    return text === undefined || !text.includes(configuration.socketDir) ? [] : [timeout(text)];
  },
};

function timeout(text: string): Finding {
  const seconds = Number(/^\s*volume_plugin_timeout\s*=\s*(\d+)/m.exec(text)?.[1] ?? 5);
  if (seconds >= enough) return ok('Podman', `It waits ${seconds} s for a driver.`);
  return warning(
    'Podman',
    `It waits ${seconds} s for a driver, and a Mount may take longer.`,
    `Write \`volume_plugin_timeout = ${enough}\` below \`[engine]\` in ${file}.`,
  );
}
