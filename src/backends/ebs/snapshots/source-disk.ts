import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { EbsContext } from '../context.ts';
import { findReadable } from '../find/by-name.ts';
import type { FoundDisk } from '../record/found-disk.ts';

/** The EBS volume whose data is to be kept or copied; throws if that cannot be done now. Changes nothing. */
export async function requireSource(
  context: EbsContext,
  volume: Volume,
  doing: string,
  signal: AbortSignal,
): Promise<FoundDisk> {
  const found = await requirePresent(context, volume, doing, signal);
  const { disk } = found;
  const { instanceId } = await context.whereabouts(signal);
  const other = disk.attachments.find((one) => one.instanceId !== instanceId && one.state !== 'detached');
  if (other !== undefined)
    throw new VolumeError(
      'in-use',
      `${doing}: its disk ${disk.id} is attached to ${other.instanceId}, where it may be written at this moment: ` +
        'do this on that host, which can freeze the file system, or unmount it there first.',
    );
  return found;
}

export async function requirePresent(
  context: EbsContext,
  volume: Volume,
  doing: string,
  signal: AbortSignal,
): Promise<FoundDisk> {
  const { present } = await findReadable(context, volume.name, signal);
  if (present?.record.volume.id !== volume.id)
    throw new VolumeError('not-found', `${doing}: volume ${volume.name} does not exist any more.`);
  if (present.disk.isMultiAttach)
    throw new VolumeError(
      'invalid',
      `${doing}: ${present.disk.id} may be attached to several instances at once, so nobody can say who writes to it: turn Multi-Attach off.`,
    );
  return present;
}
