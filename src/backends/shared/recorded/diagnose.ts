import { type Finding, failure, ok, warning } from '../../../core/finding.ts';
import { isUnreadable, type KnownVolume } from '../../../core/volume.ts';
import { asVolumeError } from '../../../core/volume-error.ts';
import type { RecordedStorage } from './storage.ts';

/** Whether the records of all volumes can be read. */
export async function diagnoseRecords(
  { registryPath }: Pick<RecordedStorage, 'registryPath'>,
  list: (signal: AbortSignal) => Promise<readonly KnownVolume[]>,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  try {
    const volumes = await list(signal);
    const unreadable = volumes.filter(isUnreadable);
    if (unreadable.length === 0)
      return [ok('records', `Recorded in ${registryPath}: ${volumes.length}, all readable.`)];
    return unreadable.map(({ name, unreadable: words }) => warning(`volume ${name}`, words));
  } catch (error) {
    return [failure('records', asVolumeError(error, `${registryPath} could not be read`).message)];
  }
}
