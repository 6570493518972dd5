import { VolumeError } from '../../../core/volume-error.ts';

/** `off`: no directory shows its limit. `late`: writers were let pass it. */
export type Lack = 'off' | 'late';

/** What is missing on the Gluster volume, and how it is got. */
export function notEnforced(doing: string, volume: string, lack: Lack): VolumeError {
  const timeouts = [setting(volume, 'soft-timeout 0'), setting(volume, 'hard-timeout 0')];
  const enabling = [`\`gluster volume quota ${volume} enable\``, setting(volume, 'quota-deem-statfs on')];
  const { found, commands } = {
    off: {
      found: 'does not show a limit that was set: its quotas are off, or `features.quota-deem-statfs` is',
      commands: [...enabling, ...timeouts],
    },
    late: { found: 'let a limit be exceeded, because its timeouts are not 0', commands: timeouts },
  }[lack];
  return new VolumeError(
    'unavailable',
    `${doing}: \`sizeMode=quota\` needs directory quotas that are enforced at once, and the Gluster volume ${volume} ${found}. ` +
      `On a server run ${commands.slice(0, -1).join(', ')} and ${commands.at(-1)}. Otherwise make the volume with \`sizeMode=advisory\`, which enforces nothing.`,
  );
}

function setting(volume: string, value: string): string {
  return `\`gluster volume set ${volume} features.${value}\``;
}
