import type { Ec2Action } from './actions.ts';
import type { Ec2, Place } from './ec2.ts';
import { isEc2Error } from './refusals.ts';
import type { Ec2Calls } from './retry.ts';
import type { Sdk } from './sdk.ts';

type Send = (options: { readonly abortSignal: AbortSignal }) => Promise<unknown>;

/** EC2 looks at the permission before it looks at what is named: none of these needs to exist. */
const volume = 'vol-00000000000000000';
const snapshot = 'snap-00000000000000000';
const dry = { DryRun: true } as const;

/** "DryRun: Checks whether you have the required permissions for the action, without actually making the request." */
export function createDryRuns(sdk: Sdk, calls: Ec2Calls, region: string): Ec2['mayDo'] {
  const requestFor = (action: Ec2Action, { instanceId, zone }: Place): Send => {
    const attachment = { ...dry, VolumeId: volume, InstanceId: instanceId };
    const tags = { ...dry, Resources: [volume], Tags: [{ Key: 'Name', Value: '' }] };
    const requests: Readonly<Record<Ec2Action, Send>> = {
      AttachVolume: (how) => sdk.attachVolume({ ...attachment, Device: '/dev/xvdzz' }, how),
      CopySnapshot: (how) =>
        sdk.copySnapshot({ ...dry, SourceRegion: region, SourceSnapshotId: snapshot }, how),
      CreateSnapshot: (how) => sdk.createSnapshot({ ...dry, VolumeId: volume }, how),
      CreateTags: (how) => sdk.createTags(tags, how),
      CreateVolume: (how) => sdk.createVolume({ ...dry, AvailabilityZone: zone, Size: 1 }, how),
      DeleteSnapshot: (how) => sdk.deleteSnapshot({ ...dry, SnapshotId: snapshot }, how),
      DeleteTags: (how) => sdk.deleteTags(tags, how),
      DeleteVolume: (how) => sdk.deleteVolume({ ...dry, VolumeId: volume }, how),
      DescribeInstances: (how) => sdk.describeInstances(dry, how),
      DescribeInstanceTypes: (how) => sdk.describeInstanceTypes(dry, how),
      DescribeSnapshots: (how) => sdk.describeSnapshots({ ...dry, OwnerIds: ['self'] }, how),
      DescribeVolumes: (how) => sdk.describeVolumes(dry, how),
      DescribeVolumesModifications: (how) => sdk.describeVolumesModifications(dry, how),
      DetachVolume: (how) => sdk.detachVolume(attachment, how),
      ModifyVolume: (how) => sdk.modifyVolume({ ...dry, VolumeId: volume, Size: 2 }, how),
    };
    return requests[action];
  };
  return async (action, here, signal) => {
    try {
      await calls.send(action, requestFor(action, here), signal);
      return true;
    } catch (error) {
      if (isEc2Error(error, 'DryRunOperation')) return true;
      if (isEc2Error(error, 'UnauthorizedOperation')) return false;
      // EC2 looks for what the request names only after it has found the action permitted.
      if (isEc2Error(error) && /NotFound$/.test(error.code)) return true;
      throw error;
    }
  };
}
