import { isUnreadable, type KnownVolume } from '../core/volume.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { VolumeDriver } from '../driver/volume-driver.ts';
import type { VolumeCapability } from './messages.ts';
import type { CsiParts } from './parts.ts';

/** Restrictions of the bind at this target only. */
const flags = new Map<string, 'read-only' | 'read-write'>([
  ['ro', 'read-only'],
  ['rw', 'read-write'],
]);

const singleNode = [
  'SINGLE_NODE_WRITER',
  'SINGLE_NODE_READER_ONLY',
  'SINGLE_NODE_SINGLE_WRITER',
  'SINGLE_NODE_MULTI_WRITER',
];
const multiNode = ['MULTI_NODE_READER_ONLY', 'MULTI_NODE_SINGLE_WRITER', 'MULTI_NODE_MULTI_WRITER'];

/** Why the driver cannot do this; undefined if it can. */
export function whyNot(
  capability: VolumeCapability,
  { sharing, scope }: VolumeDriver['capabilities'],
): string | undefined {
  if (capability.access_type === 'block')
    return 'Raw block volumes are not supported: ask for a mounted file system (access type mount).';
  if (capability.access_type !== 'mount') return 'The volume capability has no access type: give mount.';
  const mode = capability.access_mode?.mode ?? 'UNKNOWN';
  const isForMany = scope === 'global' && sharing === 'many-hosts';
  if (!isForMany && multiNode.includes(mode))
    return `The access mode ${mode} is not supported: a volume of this driver is on one node at a time.`;
  const possible = isForMany ? [...singleNode, ...multiNode] : singleNode;
  if (!possible.includes(mode))
    return `The access mode ${mode} is not supported: choose one of ${possible.join(', ')}.`;
  return undefined;
}

/** Why the mount options are not possible; undefined if they are. */
export function flagProblem({ mount }: VolumeCapability): string | undefined {
  const other = mount?.mount_flags.find((flag) => !flags.has(flag));
  if (other !== undefined)
    return `The mount option ${JSON.stringify(other)} cannot be given with a publication: one mount serves all of a volume's targets. Give it as the parameter \`mountOptions\`, \`nosuid\`, \`nodev\` or \`noexec\` of the volume.`;
  if (mount && [...flags.keys()].every((flag) => mount.mount_flags.includes(flag)))
    return 'The mount options "ro" and "rw" exclude each other: give one.';
  if (mount?.volume_mount_group)
    return 'A mount group (volume_mount_group) is not supported: give the parameters `gid` and `mode`.';
  return undefined;
}

/** Why this volume is not what the capability asks for; undefined if it is. A directory has the file system that it is in. */
export function unlike({ mount }: VolumeCapability, volume: KnownVolume): string | undefined {
  const has = isUnreadable(volume) ? undefined : volume.options.fsType;
  if (!mount?.fs_type || has === undefined || mount.fs_type.toLowerCase() === has) return undefined;
  return `Volume ${volume.name} has the file system ${has}, and not ${JSON.stringify(mount.fs_type)}.`;
}

/** Whether a publication with this capability may write. */
export function accessOf(
  { mount, access_mode }: VolumeCapability,
  isReadOnly: boolean,
): 'read-only' | 'read-write' {
  const isReader = access_mode?.mode.endsWith('READER_ONLY') === true;
  return isReadOnly || isReader || mount?.mount_flags.includes('ro') ? 'read-only' : 'read-write';
}

/** Whether a publication with this capability must be the only one, as of a claim with ReadWriteOncePod. */
export function isAlone({ access_mode }: VolumeCapability): boolean {
  return access_mode?.mode === 'SINGLE_NODE_SINGLE_WRITER';
}

/** Throws `invalid`. */
export function requireCapability(
  parts: CsiParts,
  capability: VolumeCapability | null | undefined,
): VolumeCapability {
  if (capability == null) throw new VolumeError('invalid', 'The volume capability is missing.');
  const problem = whyNot(capability, parts.driver().capabilities) ?? flagProblem(capability);
  if (problem !== undefined) throw new VolumeError('invalid', problem);
  return capability;
}
