import { listed } from '../../../core/listed.ts';
import { VolumeError } from '../../../core/volume-error.ts';

/** `off`: no directory shows its limit. `late`: writers were let pass it. `uncounted`: nothing can be written to a directory with a limit. */
export type Lack = 'off' | 'late' | 'uncounted';

/** What is missing on the Gluster volume, and how it is got. */
export function notEnforced(doing: string, volume: string, lack: Lack, cause?: unknown): VolumeError {
  const { found, commands } = lacks(volume)[lack];
  return new VolumeError(
    'unavailable',
    `${doing}: \`sizeMode=quota\` needs directory quotas that are enforced at once, and the Gluster volume ${volume} ${found}. ` +
      `On a server run ${listed(commands)}. Otherwise make the volume with \`sizeMode=advisory\`, which enforces nothing.`,
    { cause },
  );
}

function lacks(volume: string): Readonly<Record<Lack, { found: string; commands: readonly string[] }>> {
  const setting = (value: string) => `\`gluster volume set ${volume} features.${value}\``;
  const timeouts = [setting('soft-timeout 0'), setting('hard-timeout 0')];
  const enable = `\`gluster volume quota ${volume} enable\``;
  return {
    off: {
      found: 'does not show a limit that was set: its quotas are off, or `features.quota-deem-statfs` is',
      commands: [enable, setting('quota-deem-statfs on'), ...timeouts],
    },
    late: { found: 'let a limit be exceeded, because its timeouts are not 0', commands: timeouts },
    uncounted: {
      found: 'cannot count what is written, because quotad does not run on its servers',
      commands: [`\`gluster volume start ${volume} force\``],
    },
  };
}
