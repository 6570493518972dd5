import type { CreateVolumeRequest } from '@aws-sdk/client-ec2';
import type { Ec2Action } from './actions.ts';
import { readDisk, unreadable, writeTags } from './answers.ts';
import type { ChangeParts } from './change-parts.ts';
import { isDone } from './codes.ts';
import { copySnapshot } from './copy-snapshot.ts';
import { createSnapshot } from './create-snapshot.ts';
import type { Ec2, WantedDisk } from './ec2.ts';
import { modifyVolume } from './modify-volume.ts';
import { isEc2Error } from './refusals.ts';

type Changes = Pick<
  Ec2,
  | 'createVolume'
  | 'deleteVolume'
  | 'attach'
  | 'detach'
  | 'setTags'
  | 'removeTags'
  | 'copySnapshot'
  | 'createSnapshot'
  | 'deleteSnapshot'
  | 'modifyVolume'
>;

/** The requests that change something. Each may be sent twice: the answer to the first may have been lost. */
export function createChanges(parts: ChangeParts): Changes {
  const { sdk, calls, volume } = parts;
  return {
    async createVolume(wanted, token, signal) {
      const request = { ...writeDisk(wanted), ClientToken: token };
      const answer = await calls.send(
        'CreateVolume',
        (options) => sdk.createVolume(request, options),
        signal,
      );
      return readDisk(answer) ?? (await Promise.reject(unreadable('CreateVolume')));
    },
    deleteVolume: (id, signal) =>
      unlessDone('DeleteVolume', () =>
        calls.send('DeleteVolume', (options) => sdk.deleteVolume({ VolumeId: id }, options), signal),
      ),
    async attach(id, instanceId, device, signal) {
      const request = { VolumeId: id, InstanceId: instanceId, Device: device };
      try {
        await calls.send('AttachVolume', (options) => sdk.attachVolume(request, options), signal);
        return 'begun';
      } catch (error) {
        // It may be attached here by a request whose answer was lost: then its device name is in use, too.
        if (!isEc2Error(error, 'VolumeInUse', 'InvalidParameterValue')) throw error;
        if (!(await isAttachedTo(volume, id, instanceId, signal))) throw error;
        return 'found';
      }
    },
    detach(id, instanceId, device, signal) {
      const as = device === undefined ? {} : { Device: device };
      const request = { VolumeId: id, InstanceId: instanceId, ...as };
      return unlessDone('DetachVolume', () =>
        calls.send('DetachVolume', (options) => sdk.detachVolume(request, options), signal),
      );
    },
    async setTags(ids, tags, signal) {
      const request = { Resources: [...ids], Tags: writeTags(tags) };
      if (request.Resources.length === 0 || request.Tags.length === 0) return;
      await calls.send('CreateTags', (options) => sdk.createTags(request, options), signal);
    },
    async removeTags(ids, keys, signal) {
      const request = { Resources: [...ids], Tags: keys.map((Key) => ({ Key })) };
      // Without keys EC2 would remove every tag.
      if (request.Resources.length === 0 || request.Tags.length === 0) return;
      await calls.send('DeleteTags', (options) => sdk.deleteTags(request, options), signal);
    },
    copySnapshot: (source, description, tags, signal) =>
      copySnapshot(parts, { source, description, tags }, signal),
    createSnapshot: (volumeId, description, tags, signal) =>
      createSnapshot(parts, { volumeId, description, tags }, signal),
    deleteSnapshot: (id, signal) =>
      unlessDone('DeleteSnapshot', () =>
        calls.send('DeleteSnapshot', (options) => sdk.deleteSnapshot({ SnapshotId: id }, options), signal),
      ),
    modifyVolume: (id, wanted, signal) => modifyVolume(parts, id, wanted, signal),
  };
}

function writeDisk(wanted: WantedDisk): CreateVolumeRequest {
  const { sizeGiB, iops, throughput, encrypted, kmsKeyId, snapshotId } = wanted;
  return {
    AvailabilityZone: wanted.zone,
    VolumeType: wanted.type,
    ...(sizeGiB === undefined ? {} : { Size: sizeGiB }),
    ...(iops === undefined ? {} : { Iops: iops }),
    ...(throughput === undefined ? {} : { Throughput: throughput }),
    ...(encrypted === undefined ? {} : { Encrypted: encrypted }),
    ...(kmsKeyId === undefined ? {} : { KmsKeyId: kmsKeyId }),
    ...(snapshotId === undefined ? {} : { SnapshotId: snapshotId }),
    TagSpecifications: [{ ResourceType: 'volume', Tags: writeTags(wanted.tags) }],
  };
}

async function unlessDone(action: Ec2Action, change: () => Promise<unknown>): Promise<void> {
  try {
    await change();
  } catch (error) {
    if (!isEc2Error(error) || !isDone(action, error.code)) throw error;
  }
}

async function isAttachedTo(
  volume: Ec2['volume'],
  id: string,
  instanceId: string,
  signal: AbortSignal,
): Promise<boolean> {
  const disk = await volume(id, signal);
  return (disk?.attachments ?? []).some(
    (attachment) =>
      attachment.instanceId === instanceId && ['attaching', 'attached'].includes(attachment.state),
  );
}
