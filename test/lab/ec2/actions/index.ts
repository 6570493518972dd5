import type { Action } from './action.ts';
import { attachVolume } from './attach-volume.ts';
import { copySnapshot } from './copy-snapshot.ts';
import { createVolume } from './create-volume.ts';
import { deleteVolume } from './delete-volume.ts';
import { describeAvailabilityZones } from './describe-availability-zones.ts';
import { describeInstanceTypes } from './describe-instance-types.ts';
import { describeInstanceStatus, describeInstances } from './describe-instances.ts';
import { describeVolumes } from './describe-volumes.ts';
import { describeVolumesModifications } from './describe-volumes-modifications.ts';
import { detachVolume } from './detach-volume.ts';
import { modifyVolume } from './modify-volume.ts';
import { createSnapshot, deleteSnapshot, describeSnapshots } from './snapshot-actions.ts';
import { createTags, deleteTags } from './tag-actions.ts';

export const actions: Readonly<Record<string, Action>> = {
  AttachVolume: attachVolume,
  CopySnapshot: copySnapshot,
  CreateSnapshot: createSnapshot,
  CreateTags: createTags,
  CreateVolume: createVolume,
  DeleteSnapshot: deleteSnapshot,
  DeleteTags: deleteTags,
  DeleteVolume: deleteVolume,
  DescribeAvailabilityZones: describeAvailabilityZones,
  DescribeInstanceStatus: describeInstanceStatus,
  DescribeInstanceTypes: describeInstanceTypes,
  DescribeInstances: describeInstances,
  DescribeSnapshots: describeSnapshots,
  DescribeVolumes: describeVolumes,
  DescribeVolumesModifications: describeVolumesModifications,
  DetachVolume: detachVolume,
  ModifyVolume: modifyVolume,
};
