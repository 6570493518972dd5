import { VolumeError } from '../../../core/volume-error.ts';

/** `off`: no directory shows its limit. `late`: writers were let pass it. */
export type Lack = 'off' | 'late';

/** What is missing on the Gluster volume, and how it is got. */
export function notEnforced(doing: string, volume: string, lack: Lack): VolumeError {
  const found = {
    off: 'does not show a limit that was set',
    late: 'let a limit be exceeded, because its timeouts are not 0',
  }[lack];
  const commands = [
    `\`gluster volume quota ${volume} enable\``,
    `\`gluster volume set ${volume} features.soft-timeout 0\``,
    `\`gluster volume set ${volume} features.hard-timeout 0\``,
  ];
  return new VolumeError(
    'unavailable',
    `${doing}: \`sizeMode=quota\` needs directory quotas that are enforced at once, and the Gluster volume ${volume} ${found}. ` +
      `On a server run ${commands.slice(0, -1).join(', ')} and ${commands.at(-1)}. Otherwise make the volume with \`sizeMode=advisory\`, which enforces nothing.`,
  );
}
