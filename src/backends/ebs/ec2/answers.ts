import type {
  Instance as AnsweredInstance,
  VolumeModification as AnsweredModification,
  Snapshot as AnsweredSnapshot,
  Tag as AnsweredTag,
  Volume as AnsweredVolume,
  InstanceTypeInfo,
  VolumeAttachment,
} from '@aws-sdk/client-ec2';
import { VolumeError } from '../../../core/volume-error.ts';
import type { Ec2Action } from './actions.ts';
import {
  type AttachLimit,
  type Attachment,
  type Disk,
  diskTypes,
  type Instance,
  type Modification,
  type Snapshot,
  type Tags,
} from './ec2.ts';

/** EC2's answer in our terms. Undefined for an item without an ID or state, because it tells nothing. */
export function readDisk(volume: AnsweredVolume): Disk | undefined {
  const { VolumeId: id, State: state, Iops: iops, Throughput: throughput } = volume;
  if (!id || !state) return undefined;
  return {
    id,
    state,
    sizeGiB: volume.Size ?? 0,
    type: volume.VolumeType ?? '',
    ...(iops === undefined ? {} : { iops }),
    ...(throughput === undefined ? {} : { throughput }),
    encrypted: volume.Encrypted ?? false,
    ...(volume.KmsKeyId ? { kmsKeyId: volume.KmsKeyId } : {}),
    zone: volume.AvailabilityZone ?? '',
    ...(volume.SnapshotId ? { snapshotId: volume.SnapshotId } : {}),
    tags: readTags(volume.Tags),
    attachments: (volume.Attachments ?? []).flatMap(readAttachment),
    ...(volume.MultiAttachEnabled ? { isMultiAttach: true } : {}),
  };
}

function readAttachment(attachment: VolumeAttachment): readonly Attachment[] {
  const { InstanceId: instanceId, Device: device = '', State: state } = attachment;
  // An attachment without an instance belongs to an AWS service (AssociatedResource): still somebody else's.
  const holder = instanceId ?? attachment.AssociatedResource ?? 'unknown';
  // Without a state it is only known to be attached, or about to be.
  return [{ instanceId: holder, device, state: state ?? 'attaching' }];
}

export function readInstance(instance: AnsweredInstance): Instance | undefined {
  const { InstanceId: id, State: state } = instance;
  if (!id || !state?.Name) return undefined;
  const devices = (instance.BlockDeviceMappings ?? []).flatMap(({ DeviceName, Ebs }) =>
    DeviceName && Ebs?.VolumeId ? [[DeviceName, Ebs.VolumeId] as const] : [],
  );
  return {
    id,
    state: state.Name,
    zone: instance.Placement?.AvailabilityZone ?? '',
    type: instance.InstanceType ?? '',
    devices: new Map(devices),
    names: namesOf(instance),
    ...(instance.LaunchTime === undefined ? {} : { startedAt: instance.LaunchTime.getTime() }),
  };
}

function namesOf({ PrivateDnsName: dns, PrivateIpAddress: address }: AnsweredInstance): readonly string[] {
  const [label] = (dns ?? '').split('.');
  return [...new Set([dns ?? '', label ?? '', address ?? ''])].filter((name) => name !== '');
}

export function readAttachLimit({ EbsInfo }: InstanceTypeInfo): AttachLimit | undefined {
  const most = EbsInfo?.MaximumEbsAttachments;
  return most === undefined ? undefined : { most, isShared: EbsInfo?.AttachmentLimitType !== 'dedicated' };
}

export function readSnapshot(snapshot: AnsweredSnapshot): Snapshot | undefined {
  const { SnapshotId: id, State: state } = snapshot;
  if (!id || !state) return undefined;
  return {
    id,
    state,
    sizeGiB: snapshot.VolumeSize ?? 0,
    volumeId: snapshot.VolumeId ?? '',
    description: snapshot.Description ?? '',
    startedAt: snapshot.StartTime?.getTime() ?? 0,
    progress: state === 'completed' ? 100 : percentOf(snapshot.Progress),
    says: snapshot.StateMessage ?? '',
    tags: readTags(snapshot.Tags),
  };
}

/** `43%`; empty before the first part is copied. */
function percentOf(text = ''): number {
  return Number(/^(\d{1,2}|100)%$/.exec(text)?.[1] ?? 0);
}

/** Undefined without a state, because it tells nothing. */
export function readModification(modification: AnsweredModification): Modification | undefined {
  const { ModificationState: state, TargetSize: sizeGiB, TargetIops: iops } = modification;
  const { TargetThroughput: throughput, TargetVolumeType: type } = modification;
  if (!state) return undefined;
  const known = diskTypes.find((one) => one === type);
  return {
    state,
    target: {
      ...(sizeGiB === undefined ? {} : { sizeGiB }),
      ...(known === undefined ? {} : { type: known }),
      ...(iops === undefined ? {} : { iops }),
      ...(throughput === undefined ? {} : { throughput }),
    },
    progress: modification.Progress ?? 0,
    startedAt: modification.StartTime?.getTime() ?? 0,
    says: modification.StatusMessage ?? '',
  };
}

export function unreadable(action: Ec2Action): VolumeError {
  return new VolumeError('failed', `EC2's answer to ${action} has neither ID nor state: check the endpoint.`);
}

/** A duplicate key, which EC2 never sends, gets both values, one per line, so that neither is taken for the value. */
function readTags(tags: readonly AnsweredTag[] = []): Tags {
  const read = new Map<string, string>();
  for (const { Key, Value = '' } of tags) {
    if (Key === undefined) continue;
    const before = read.get(Key);
    read.set(Key, before === undefined ? Value : `${before}\n${Value}`);
  }
  return Object.fromEntries(read);
}

export function writeTags(tags: Tags): AnsweredTag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
