import { Ec2Error, incorrectState } from '../api/ec2-error.ts';
import type { Action } from './action.ts';
import { findInstance, findVolume } from './find.ts';
import { attachmentAnswer } from './volume-answer.ts';

export const detachVolume: Action = {
  parameters: ['Device', 'Force', 'InstanceId', 'VolumeId'],
  run: ({ account, parameters, fault }) => {
    const volume = findVolume(account, parameters.required('VolumeId'));
    const { attachment } = volume;
    if (!attachment) throw incorrectState(`Volume '${volume.id}' is in the '${volume.status}' state.`);
    const instanceId = parameters.text('InstanceId') ?? attachment.instanceId;
    const device = parameters.text('Device') ?? attachment.device;
    if (attachment.instanceId !== instanceId) {
      findInstance(account, instanceId);
      throw notAttached(volume.id, instanceId);
    }
    if (device !== attachment.device) throw notAttached(volume.id, instanceId, device);
    const machine = account.instances.get(instanceId);
    if (machine?.rootVolumeId === volume.id && machine.state !== 'stopped') {
      const message = `Unable to detach root volume '${volume.id}' from instance '${instanceId}'`;
      throw new Ec2Error('OperationNotPermitted', message);
    }
    const isDead = machine === undefined || machine.state === 'stopped' || machine.state === 'terminated';
    const force = parameters.flag('Force') || isDead;
    const detaching = account.attachments.detach(volume, { force, stuck: fault?.kind === 'stuck' });
    return attachmentAnswer(volume.id, detaching);
  },
};

/** The code is documented; the wording is ours. */
function notAttached(volumeId: string, instanceId: string, device?: string): Ec2Error {
  const as = device === undefined ? '' : ` as device '${device}'`;
  const message = `The volume '${volumeId}' is not attached to instance '${instanceId}'${as}.`;
  return new Ec2Error('InvalidAttachment.NotFound', message);
}
