/** All actions that Holdfast ever asks of EC2: the IAM policy in docs/backends/ebs.md allows these, and a test compares the two. */
export const ec2Actions = [
  'AttachVolume',
  'CopySnapshot',
  'CreateSnapshot',
  'CreateTags',
  'CreateVolume',
  'DeleteSnapshot',
  'DeleteTags',
  'DeleteVolume',
  'DescribeInstances',
  'DescribeInstanceTypes',
  'DescribeSnapshots',
  'DescribeVolumes',
  'DescribeVolumesModifications',
  'DetachVolume',
  'ModifyVolume',
] as const;

export type Ec2Action = (typeof ec2Actions)[number];

/** Actions that create with tags, which needs a second permission. */
const tagging: ReadonlySet<string> = new Set<Ec2Action>(['CopySnapshot', 'CreateSnapshot', 'CreateVolume']);

/** The permissions without which EC2 refuses the action. */
export function permissionsFor(action: Ec2Action): readonly string[] {
  return tagging.has(action) ? [`ec2:${action}`, 'ec2:CreateTags'] : [`ec2:${action}`];
}
