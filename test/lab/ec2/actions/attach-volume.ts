import { Ec2Error, incorrectState, invalidValue } from '../api/ec2-error.ts';
import { checkDeviceName, slot } from '../cloud/device-names.ts';
import type { Fault } from '../cloud/faults.ts';
import type { Machine, Volume } from '../cloud/resources.ts';
import type { Ailment } from '../disks/disks.ts';
import type { Action } from './action.ts';
import { findInstance, findVolume } from './find.ts';
import { attachmentAnswer } from './volume-answer.ts';

export const attachVolume: Action = {
  parameters: ['Device', 'InstanceId', 'VolumeId'],
  run: ({ account, parameters, fault }) => {
    const device = parameters.required('Device');
    const volume = findVolume(account, parameters.required('VolumeId'));
    const instance = findInstance(account, parameters.required('InstanceId'));
    checkDeviceName(device);
    checkVolume(volume);
    checkInstance(instance, volume);
    const others = account.volumes.all().filter(({ attachment }) => attachment?.instanceId === instance.id);
    checkRoom(instance, others, device);
    const ailment = fault && isAilment(fault) ? fault : undefined;
    const stuck = fault?.kind === 'stuck' || isSameSlot(instance, others, device);
    const attachment = account.attachments.attach(volume, {
      instanceId: instance.id,
      device,
      stuck,
      ailment,
    });
    return attachmentAnswer(volume.id, attachment);
  },
};

function isAilment(fault: Fault): fault is Ailment {
  return fault.kind === 'wrong-disk' || fault.kind === 'unreadable' || fault.kind === 'no-device';
}

function checkVolume(volume: Volume): void {
  if (volume.attachment) {
    throw new Ec2Error('VolumeInUse', `${volume.id} is already attached to an instance`);
  }
  if (volume.status !== 'available') throw incorrectState(`${volume.id} is not 'available'.`);
  if (volume.modification?.state === 'modifying') {
    // The code is the one that EBS CSI gets; the wording is ours.
    throw new Ec2Error('OperationNotPermitted', `Volume ${volume.id} is being modified.`);
  }
}

/** "You can attach a volume to a running or a stopped instance." */
function checkInstance(instance: Machine, volume: Volume): void {
  if (instance.state !== 'running' && instance.state !== 'stopped') {
    throw incorrectState(`Instance '${instance.id}' is not 'running'.`);
  }
  if (instance.zone === volume.zone) return;
  const where = `is not in the same availability zone as instance '${instance.id}'`;
  throw new Ec2Error('InvalidVolume.ZoneMismatch', `The volume '${volume.id}' ${where}`);
}

function checkRoom(instance: Machine, others: readonly Volume[], device: string): void {
  if (others.some(({ attachment }) => attachment?.device === device)) {
    throw invalidValue(
      `Invalid value '${device}' for unixDevice. Attachment point ${device} is already in use`,
    );
  }
  if (others.length < instance.attachLimit) return;
  const limit = `You may attach up to ${instance.attachLimit} devices for this instance type.`;
  const way = 'Please use a larger instance size to attach more volumes.';
  throw new Ec2Error('AttachmentLimitExceeded', `${limit} ${way}`);
}

/** On Xen a second name of a slot is not refused, but the attachment never completes (docs/design/ebs-rules.md, rule 21). */
function isSameSlot(instance: Machine, others: readonly Volume[], device: string): boolean {
  if (instance.hypervisor !== 'xen') return false;
  return others.some(({ attachment }) => slot(attachment?.device ?? '') === slot(device));
}
