import { VolumeError } from '../../../core/volume-error.ts';
import type { Attachments, StorageHost } from '../../backend.ts';
import type { Act } from '../act.ts';
import type { EbsContext } from '../context.ts';
import { oursOn } from './own-places.ts';
import { publishDisk } from './publish.ts';
import { unpublishDisk } from './unpublish.ts';

export function ebsAttachments(act: Act): Attachments {
  return {
    kind: 'attaches',
    thisHost: (signal) =>
      act('EC2 could not be asked about this host', signal, (context) => thisInstance(context, signal)),
    attach: (volume, hostId, signal) =>
      act(`Volume ${volume.name} could not be attached`, signal, (context) =>
        publishDisk(context, volume, hostId, signal),
      ),
    detach: (volume, hostId, signal) =>
      act(`Volume ${volume.name} could not be detached`, signal, (context) =>
        unpublishDisk(context, volume, hostId, signal),
      ),
  };
}

async function thisInstance(context: EbsContext, signal: AbortSignal): Promise<StorageHost> {
  const { instanceId: id, zone } = await context.whereabouts(signal);
  const mostVolumes = context.settings.attachLimit ?? (await placesFor(context, id, signal));
  return { id, zone, ...(mostVolumes === undefined ? {} : { mostVolumes }) };
}

/** The places of the instance type, without those that other disks have now, such as the root disk. */
async function placesFor(context: EbsContext, id: string, signal: AbortSignal): Promise<number | undefined> {
  const ec2 = await context.ec2();
  const instance = await ec2.instance(id, signal);
  if (instance === undefined) throw new VolumeError('unavailable', `EC2 does not know this instance, ${id}.`);
  const limit = await ec2.attachLimit(instance.type, signal);
  if (limit === undefined) return undefined;
  const ours = await oursOn(context, instance, signal);
  // Every instance has a network interface. How many more it has is not known.
  const interfaces = limit.isShared ? 1 : 0;
  return Math.max(1, limit.most - interfaces - (instance.devices.size - ours.size));
}
