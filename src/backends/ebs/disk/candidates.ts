import { join } from 'node:path';
import type { Files } from '../../../host/host.ts';

/** Where devices and their kernel data are: `/dev` and `/sys`, except in tests. */
export interface DeviceFolders {
  readonly devices: string;
  readonly system: string;
}

export const machineFolders: DeviceFolders = { devices: '/dev', system: '/sys' };

/** A path that may lead to a volume's device. */
export interface Candidate {
  readonly path: string;
  /** `be-a-symlink`: udev makes only symlinks, so anything else under that name is not udev's. */
  readonly must: 'be-there' | 'be-a-symlink';
}

/** The serial number of the disk of "vol-0123" is "vol0123". */
export function serialOf(diskId: string): string {
  return diskId.replace('-', '');
}

/**
 * Names that lead to the volume, the surest first: the requested one, which Nitro does not use, then udev's symlinks, whose form
 * depends on its version.
 * Source: AWS, "Identify the EBS device"; systemd's 60-persistent-storage.rules.
 */
export function namedCandidates(
  { devices }: DeviceFolders,
  diskId: string,
  requested: string,
): readonly Candidate[] {
  const byId = join(devices, 'disk/by-id', `nvme-Amazon_Elastic_Block_Store_${serialOf(diskId)}`);
  return [
    ...requestedNames(requested).map((name) => ({ path: join(devices, name), must: 'be-there' as const })),
    ...['', '-ns-1', '_1'].map((end) => ({ path: `${byId}${end}`, must: 'be-a-symlink' as const })),
  ];
}

/** NVMe disks with the volume's serial number: for machines without udev, such as containers. */
export async function serialCandidates(
  files: Pick<Files, 'list' | 'readText'>,
  folders: DeviceFolders,
  diskId: string,
): Promise<readonly Candidate[]> {
  const names = await namesBySerial(files, folders, diskId);
  return names.map((name) => ({ path: join(folders.devices, name), must: 'be-there' }));
}

/** In the form `major:minor`: the kernel's disks that may be the volume's, whether or not this process has devices for them. */
export async function kernelNumbers(
  files: Pick<Files, 'list' | 'readText'>,
  folders: DeviceFolders,
  diskId: string,
  requested: string,
): Promise<readonly string[]> {
  const names = [...(await namesBySerial(files, folders, diskId))];
  for (const name of requestedNames(requested))
    if ((await readSerial(files, folders, name)) === undefined) names.push(name);
  const read = names.map((name) => files.readText(join(folders.system, 'block', name, 'dev')));
  return (await Promise.all(read)).flatMap((number) => number?.trim() ?? []);
}

async function namesBySerial(
  files: Pick<Files, 'list' | 'readText'>,
  folders: DeviceFolders,
  diskId: string,
): Promise<readonly string[]> {
  const names = ((await files.list(join(folders.system, 'block'))) ?? []).filter((name) =>
    /^nvme\d+n\d+$/.test(name),
  );
  const serials = await Promise.all(names.map((name) => readSerial(files, folders, name)));
  return names.filter((_, index) => serials[index] === serialOf(diskId));
}

/** Undefined if the disk has none, as on Xen. */
export async function readSerial(
  files: Pick<Files, 'readText'>,
  { system }: DeviceFolders,
  name: string,
): Promise<string | undefined> {
  for (const place of ['device/serial', 'serial']) {
    const serial = (await files.readText(join(system, 'block', name, place)))?.trim();
    if (serial) return serial;
  }
  return undefined;
}

/** Xen's kernel shows a device requested as `sdf` under the name `xvdf`. */
function requestedNames(requested: string): readonly string[] {
  const name = requested.replace(/^\/dev\//, '');
  if (!/^[a-z0-9]+$/.test(name)) return [];
  return name.startsWith('sd') ? [name, name.replace('sd', 'xvd')] : [name];
}
