import { randomUUID } from 'node:crypto';
import type { Ailment } from '../disks/disks.ts';
import type { Clock } from './clock.ts';
import type { Delays } from './delays.ts';
import { createPlugs, type PlugParts, type Plugs } from './plugs.ts';
import type { Attachment, Volume } from './resources.ts';

/** Attaches and detaches volumes. The actions decide whether that is allowed. */
export interface Attachments {
  attach(volume: Volume, wish: AttachWish): Attachment;
  detach(volume: Volume, wish: DetachWish): Attachment;
  /** Adapts the device's size to its disk. */
  resize(volumeId: string): Promise<void>;
  /** Removes the devices of a machine without power, even mounted ones. */
  powerOff(instanceId: string): Promise<void>;
  powerOn(instanceId: string): Promise<void>;
}

interface AttachWish {
  readonly instanceId: string;
  readonly device: string;
  readonly stuck: boolean;
  readonly ailment: Ailment | undefined;
}

interface DetachWish {
  /** Also detaches from an instance that has it mounted. */
  readonly force: boolean;
  readonly stuck: boolean;
}

export interface AttachmentParts extends PlugParts {
  readonly clock: Clock;
  readonly delays: Delays;
}

interface Context extends AttachmentParts {
  readonly plugs: Plugs;
}

/** How often a detach looks whether the instance still has the volume mounted. */
const busyPoll = 100;

export function createAttachments(parts: AttachmentParts): Attachments {
  const { clock, delays } = parts;
  const context = { ...parts, plugs: createPlugs(parts) };
  const { plugs } = context;
  return {
    attach: ({ id }, { stuck, ailment, ...where }) => {
      const attachment: Attachment = { id: randomUUID(), ...where, status: 'attaching', since: clock.now() };
      change(context, id, attachment);
      if (!stuck) clock.after(delays.attach, () => complete(context, id, attachment, ailment));
      return attachment;
    },
    detach: ({ id, attachment }, { force, stuck }) => {
      if (!attachment) throw new Error(`${id} is not attached.`);
      const detaching: Attachment = { ...attachment, status: 'detaching' };
      change(context, id, detaching);
      if (!stuck) clock.after(delays.detach, () => release(context, id, detaching, force));
      return detaching;
    },
    resize: plugs.resize,
    powerOff: async (instanceId) => {
      for (const { id } of dataVolumesOf(context, instanceId)) await plugs.unplug(id);
    },
    powerOn: async (instanceId) => {
      for (const { id, attachment } of dataVolumesOf(context, instanceId)) {
        if (attachment?.status === 'attached') await plugs.plug(id, attachment.id);
      }
    },
  };
}

async function complete(
  context: Context,
  volumeId: string,
  attachment: Attachment,
  ailment: Ailment | undefined,
): Promise<void> {
  const { clock, delays, plugs } = context;
  const isWanted = () => current(context, volumeId, attachment)?.attachment?.status === 'attaching';
  if (!isWanted()) return;
  const appear = () => plugs.plug(volumeId, attachment.id, ailment);
  if (delays.appear === 0) await appear();
  if (!isWanted()) return;
  change(context, volumeId, { ...attachment, status: 'attached' });
  if (delays.appear > 0) clock.after(delays.appear, appear);
}

/** A volume that the instance has mounted is `busy` until it is unmounted ("Detach an Amazon EBS volume"). */
async function release(
  context: Context,
  volumeId: string,
  attachment: Attachment,
  force: boolean,
): Promise<void> {
  const { clock, plugs, volumes } = context;
  if (!current(context, volumeId, attachment)) return;
  if (!force && (await plugs.isHeld(volumeId))) {
    change(context, volumeId, { ...attachment, status: 'busy' });
    clock.after(busyPoll, () => release(context, volumeId, attachment, false));
    return;
  }
  await plugs.unplug(volumeId);
  const volume = current(context, volumeId, attachment);
  if (volume) volumes.put(volumeId, { ...volume, status: 'available', attachment: undefined });
}

/** The root volume has no disk. */
function dataVolumesOf({ volumes, instances }: Context, instanceId: string): readonly Volume[] {
  const root = instances.get(instanceId)?.rootVolumeId;
  return volumes.all().filter(({ id, attachment }) => attachment?.instanceId === instanceId && id !== root);
}

/** The volume; undefined if this attachment has ended. */
function current({ volumes }: Context, volumeId: string, { id }: Attachment): Volume | undefined {
  const volume = volumes.get(volumeId);
  return volume?.attachment?.id === id ? volume : undefined;
}

function change({ volumes }: Context, volumeId: string, attachment: Attachment): void {
  const volume = volumes.get(volumeId);
  if (!volume || volume.attachment?.status === attachment.status) return;
  volumes.put(volumeId, { ...volume, status: 'in-use', attachment });
}
