import { basename } from 'node:path';
import type { Files, MountState } from '../../../host/host.ts';

type LookingFiles = Pick<Files, 'facts' | 'realPath'>;

/**
 * Whether the file system on a disk is mounted in any mount namespace: sysfs has a directory for each mounted file system, under
 * the kernel's name of the device. Needs neither the disk nor other processes.
 */
export async function isDiskMounted(files: LookingFiles, number: string): Promise<boolean> {
  const device = await files.realPath(`/sys/dev/block/${number}`);
  if (device === undefined) return false;
  const looks = ['ext4', 'xfs'].map((type) => files.facts(`/sys/fs/${type}/${basename(device)}`));
  return (await Promise.all(looks)).some((facts) => facts !== undefined);
}

/** Whether the mount there is on a disk that is no longer in this machine, so that it is permanently dead. */
export async function isDiskGone(files: LookingFiles, state: MountState): Promise<boolean> {
  if (state.kind !== 'mounted') return false;
  return (await files.facts(`/sys/dev/block/${state.device}`)) === undefined;
}
