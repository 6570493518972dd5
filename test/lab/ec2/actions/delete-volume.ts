import { Ec2Error, incorrectState } from '../api/ec2-error.ts';
import type { Action } from './action.ts';
import { findVolume } from './find.ts';

export const deleteVolume: Action = {
  parameters: ['VolumeId'],
  run: ({ account, parameters }) => {
    const volume = findVolume(account, parameters.required('VolumeId'));
    if (volume.attachment) {
      const holder = volume.attachment.instanceId;
      throw new Ec2Error('VolumeInUse', `Volume ${volume.id} is currently attached to ${holder}`);
    }
    if (volume.status === 'creating') throw incorrectState(`${volume.id} is not 'available'.`);
    if (volume.status === 'deleting') return { return: true };
    account.volumes.put(volume.id, { ...volume, status: 'deleting' });
    account.clock.after(account.delays.remove, async () => {
      account.volumes.remove(volume.id);
      await account.disks.remove(volume.id);
    });
    return { return: true };
  },
};
