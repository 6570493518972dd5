import {
  AttachVolumeCommand,
  type AttachVolumeCommandInput,
  CopySnapshotCommand,
  type CopySnapshotCommandInput,
  CreateSnapshotCommand,
  type CreateSnapshotCommandInput,
  CreateTagsCommand,
  type CreateTagsCommandInput,
  CreateVolumeCommand,
  type CreateVolumeCommandInput,
  DeleteSnapshotCommand,
  type DeleteSnapshotCommandInput,
  DeleteTagsCommand,
  type DeleteTagsCommandInput,
  DeleteVolumeCommand,
  type DeleteVolumeCommandInput,
  DescribeInstancesCommand,
  type DescribeInstancesCommandInput,
  DescribeInstanceTypesCommand,
  type DescribeInstanceTypesCommandInput,
  DescribeSnapshotsCommand,
  type DescribeSnapshotsCommandInput,
  DescribeVolumesCommand,
  type DescribeVolumesCommandInput,
  DescribeVolumesModificationsCommand,
  type DescribeVolumesModificationsCommandInput,
  DetachVolumeCommand,
  type DetachVolumeCommandInput,
  EC2Client,
  ModifyVolumeCommand,
  type ModifyVolumeCommandInput,
} from '@aws-sdk/client-ec2';

export { EC2Client };

interface How {
  readonly abortSignal: AbortSignal;
}

/**
 * The actions that Holdfast uses. The SDK's own class `EC2` has all seven hundred: with it, every one of them would be in the bundle, and
 * in memory once EBS is used.
 */
export function callsOf(client: EC2Client) {
  return {
    attachVolume: (input: AttachVolumeCommandInput, how: How) =>
      client.send(new AttachVolumeCommand(input), how),
    copySnapshot: (input: CopySnapshotCommandInput, how: How) =>
      client.send(new CopySnapshotCommand(input), how),
    createSnapshot: (input: CreateSnapshotCommandInput, how: How) =>
      client.send(new CreateSnapshotCommand(input), how),
    createTags: (input: CreateTagsCommandInput, how: How) => client.send(new CreateTagsCommand(input), how),
    createVolume: (input: CreateVolumeCommandInput, how: How) =>
      client.send(new CreateVolumeCommand(input), how),
    deleteSnapshot: (input: DeleteSnapshotCommandInput, how: How) =>
      client.send(new DeleteSnapshotCommand(input), how),
    deleteTags: (input: DeleteTagsCommandInput, how: How) => client.send(new DeleteTagsCommand(input), how),
    deleteVolume: (input: DeleteVolumeCommandInput, how: How) =>
      client.send(new DeleteVolumeCommand(input), how),
    describeInstances: (input: DescribeInstancesCommandInput, how: How) =>
      client.send(new DescribeInstancesCommand(input), how),
    describeInstanceTypes: (input: DescribeInstanceTypesCommandInput, how: How) =>
      client.send(new DescribeInstanceTypesCommand(input), how),
    describeSnapshots: (input: DescribeSnapshotsCommandInput, how: How) =>
      client.send(new DescribeSnapshotsCommand(input), how),
    describeVolumes: (input: DescribeVolumesCommandInput, how: How) =>
      client.send(new DescribeVolumesCommand(input), how),
    describeVolumesModifications: (input: DescribeVolumesModificationsCommandInput, how: How) =>
      client.send(new DescribeVolumesModificationsCommand(input), how),
    detachVolume: (input: DetachVolumeCommandInput, how: How) =>
      client.send(new DetachVolumeCommand(input), how),
    modifyVolume: (input: ModifyVolumeCommandInput, how: How) =>
      client.send(new ModifyVolumeCommand(input), how),
  };
}
