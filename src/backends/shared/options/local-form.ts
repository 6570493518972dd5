import { quote } from '../../../core/names.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { WrittenOption } from './written-options.ts';

/**
 * A volume as described to Docker's `local` driver, which hands `type`, `device` and `o` to mount(2):
 * https://docs.docker.com/reference/cli/docker/volume/create/#driver-specific-options
 */
export interface LocalForm {
  /** In lower case; `bind` if the list asks for one. */
  readonly type: string;
  readonly device: string | undefined;
  /** All other options, without the words that ask for a bind. */
  readonly rest: readonly WrittenOption[];
}

/** Translates it into a backend's own options; `isOption` knows their names. Throws `invalid` if the backend cannot express it. */
export type ReadLocalForm = (
  form: LocalForm,
  isOption: (name: string) => boolean,
) => readonly WrittenOption[];

const fileSystems: readonly string[] = ['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'vfat', 'exfat', 'ntfs'];
const others: readonly string[] = [
  ...['none', 'bind', 'nfs', 'nfs4', 'glusterfs', 'fuse.glusterfs'],
  ...['tmpfs', 'ramfs', 'cifs', 'smb3', 'overlay'],
];

/** Undefined if the options are in Holdfast's own form. */
export function localFormOf(written: readonly WrittenOption[]): LocalForm | undefined {
  const textOf = (name: string) => written.find((option) => option.name.toLowerCase() === name)?.value;
  const [type = '', device] = [textOf('type')?.toLowerCase(), textOf('device')];
  const isBind = textOf('bind') === '';
  refuseNested(textOf('rbind'));
  const isDisk = device !== undefined && fileSystems.includes(type);
  if (!isBind && !isDisk && !others.includes(type) && textOf('addr') === undefined) return undefined;
  return {
    type: isBind || type === 'none' ? 'bind' : type || 'nfs',
    device,
    rest: written.filter(({ name }) => !['type', 'device', 'bind'].includes(name.toLowerCase())),
  };
}

function refuseNested(rbind: string | undefined): void {
  if (rbind === undefined) return;
  throw new VolumeError(
    'invalid',
    '"rbind" cannot be given: what is mounted below the directory does not become part of the volume. Leave "rbind" out, or give what is mounted there a volume of its own.',
  );
}

/** The error for something that another backend, or none, can mount. */
export function notHere({ type, device }: LocalForm): VolumeError {
  const what = type === 'bind' ? '"bind"' : `type ${quote(type)}`;
  const on = device === undefined ? '' : ` with device ${quote(device)}`;
  return new VolumeError('invalid', `${what}${on} is not for this driver: ${wayOut(type)}.`);
}

function wayOut(type: string): string {
  if (type === 'bind') return 'a directory of this host is a volume of a driver with the `local` backend';
  if (type === 'nfs' || type === 'nfs4') return 'create the volume with a driver of the `nfs` backend';
  if (type.endsWith('glusterfs')) return 'create the volume with a driver of the `glusterfs` backend';
  if (type === 'tmpfs' || type === 'ramfs')
    return "memory is lost with its last container, and volumes here are not: give the container a tmpfs, or use the engine's own driver `local`";
  if (fileSystems.includes(type))
    return 'mount the disk on the host, and create a volume of its directory with a driver of the `local` backend and the option `path=DIRECTORY`';
  return "no backend mounts that: use Docker's own driver `local`";
}
