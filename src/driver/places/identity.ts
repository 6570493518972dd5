import type { MountIdentity } from '../../host/host.ts';

/** A dead mount, such as one whose client was killed, shows its device and the inode 0. */
export function isOrWas(found: MountIdentity, recorded: MountIdentity): boolean {
  return isSame(found, recorded) || (found.device === recorded.device && found.inode === '0');
}

export function isSame(one: MountIdentity, other: MountIdentity): boolean {
  return one.device === other.device && one.inode === other.inode;
}
