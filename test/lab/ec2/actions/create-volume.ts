import { Ec2Error, incorrectState, invalidValue, missing } from '../api/ec2-error.ts';
import type { Parameters } from '../api/parameters.ts';
import { type Account, newId, ownKmsKey } from '../cloud/account.ts';
import type { Performance, Snapshot, Volume } from '../cloud/resources.ts';
import { parseTagSpecifications } from '../cloud/tags.ts';
import { checkedPerformance, volumeType } from '../cloud/volume-types.ts';
import type { Action } from './action.ts';
import { findSnapshot } from './find.ts';
import { volumeAnswer } from './volume-answer.ts';

export const createVolume: Action = {
  parameters: [
    'AvailabilityZone',
    'ClientToken',
    'Encrypted',
    'Iops',
    'KmsKeyId',
    'MultiAttachEnabled',
    'Size',
    'SnapshotId',
    'TagSpecification',
    'Throughput',
    'VolumeType',
  ],
  run: async ({ account, parameters }) => {
    const volume = parseVolume(account, parameters);
    checkQuota(account, volume);
    // "… other than the Region or Availability Zone": a token counts within its zone.
    const known = account.created.replay(volume.zone, parameters);
    if (known) return volumeAnswer(account.volumes.get(known.id) ?? known);
    account.created.remember(volume.zone, parameters, volume);
    await account.disks.create(volume.id, volume.gib, volume.snapshotId);
    account.volumes.put(volume.id, volume);
    account.clock.after(account.delays.create, () => complete(account, volume.id));
    return volumeAnswer(volume);
  },
};

function parseVolume(account: Account, parameters: Parameters): Volume {
  const zone = parameters.required('AvailabilityZone');
  if (!account.zones.includes(zone)) {
    throw new Ec2Error('InvalidZone.NotFound', `The zone '${zone}' does not exist.`);
  }
  if (parameters.flag('MultiAttachEnabled')) {
    throw new Ec2Error('UnsupportedOperation', 'This endpoint has no Multi-Attach.');
  }
  const snapshotId = parameters.text('SnapshotId') || undefined;
  const snapshot = snapshotId === undefined ? undefined : usable(findSnapshot(account, snapshotId));
  return {
    id: newId('vol'),
    zone,
    ...parsePerformance(parameters, snapshot),
    ...parseEncryption(account, parameters, snapshot),
    snapshotId,
    status: 'creating',
    created: account.clock.now(),
    tags: parseTagSpecifications(parameters, 'volume'),
    attachment: undefined,
    modification: undefined,
    modified: [],
  };
}

function parsePerformance(parameters: Parameters, snapshot: Snapshot | undefined): Performance {
  const gib = parameters.integer('Size') ?? snapshot?.gib;
  if (gib === undefined) throw missing('size/snapshot');
  if (snapshot && gib < snapshot.gib) {
    const least = `expect size >= ${snapshot.gib}GB`;
    throw invalidValue(`Volume of size ${gib}GB is smaller than snapshot '${snapshot.id}', ${least}`);
  }
  return checkedPerformance({
    gib,
    type: volumeType(parameters.text('VolumeType') ?? 'gp2'),
    iops: parameters.integer('Iops'),
    throughput: parameters.integer('Throughput'),
  });
}

/** "Amazon EBS encryption": a volume from an encrypted snapshot is encrypted, by default with the snapshot's key. */
function parseEncryption(account: Account, parameters: Parameters, snapshot: Snapshot | undefined) {
  const asked = parameters.flag('Encrypted');
  const kmsKeyId = parameters.text('KmsKeyId');
  if (kmsKeyId !== undefined && !asked) {
    const message = 'The parameter KmsKeyId requires the parameter Encrypted to be set.';
    throw new Ec2Error('InvalidParameterDependency', message);
  }
  const encrypted = asked || account.rules.encryptByDefault || snapshot?.encrypted === true;
  const ownKey = ownKmsKey(account.region);
  return { encrypted, kmsKeyId: encrypted ? (kmsKeyId ?? snapshot?.kmsKeyId ?? ownKey) : undefined };
}

function usable(snapshot: Snapshot): Snapshot {
  if (snapshot.state === 'completed') return snapshot;
  throw incorrectState(`Snapshot is in invalid state - ${snapshot.state}`);
}

/** EC2 checks it before the token, so a replay is refused too (docs/design/ebs-rules.md, rule 4). */
function checkQuota(account: Account, { type, gib }: Volume): void {
  const quota = account.rules.quotaGib[type];
  if (quota === undefined) return;
  const used = account.volumes.all().filter((volume) => volume.type === type);
  if (used.reduce((sum, volume) => sum + volume.gib, gib) <= quota) return;
  const limit = `You have exceeded your maximum ${type} storage limit of ${quota / 1024} TiB in this region.`;
  const way = 'Please contact AWS Support to request an Elastic Block Store service limit increase.';
  throw new Ec2Error('VolumeLimitExceeded', `${limit} ${way}`);
}

/**
 * "If you specify a key that is not valid, the action can appear to complete, but eventually fails": as with an instance, whose
 * reason is then Client.InvalidKMSKey.InvalidState. A volume has no field for the reason.
 */
async function complete(account: Account, id: string): Promise<void> {
  const volume = account.volumes.get(id);
  if (volume?.status !== 'creating') return;
  const { kmsKeys, kmsRefusal } = account.rules;
  const { kmsKeyId = ownKmsKey(account.region) } = volume;
  const isUsable = !kmsKeys || [...kmsKeys, ownKmsKey(account.region)].includes(kmsKeyId);
  if (isUsable || kmsRefusal === 'error') {
    account.volumes.put(id, { ...volume, status: isUsable ? 'available' : 'error' });
    return;
  }
  account.volumes.remove(id);
  await account.disks.remove(id);
}
