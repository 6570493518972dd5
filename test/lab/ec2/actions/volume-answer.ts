import { isoTime } from '../cloud/account.ts';
import type { Attachment, Volume } from '../cloud/resources.ts';
import { tagSet } from '../cloud/tags.ts';
import type { Answer } from './action.ts';

export function volumeAnswer(volume: Volume): Answer {
  return {
    volumeId: volume.id,
    size: volume.gib,
    snapshotId: volume.snapshotId ?? '',
    availabilityZone: volume.zone,
    status: volume.status,
    createTime: isoTime(volume.created),
    attachmentSet: volume.attachment ? [attachmentAnswer(volume.id, volume.attachment)] : [],
    tagSet: tagSet(volume.tags),
    volumeType: volume.type,
    iops: volume.iops,
    throughput: volume.throughput,
    encrypted: volume.encrypted,
    kmsKeyId: volume.kmsKeyId,
    multiAttachEnabled: false,
  };
}

export function attachmentAnswer(volumeId: string, attachment: Attachment): Answer {
  return {
    volumeId,
    instanceId: attachment.instanceId,
    device: attachment.device,
    status: attachment.status,
    attachTime: isoTime(attachment.since),
    deleteOnTermination: false,
  };
}
