import { type Account, newId } from './account.ts';
import type { Volume } from './resources.ts';
import { checkedPerformance, type VolumeType } from './volume-types.ts';

export interface VolumeWish {
  readonly zone?: string;
  readonly gib?: number;
  readonly type?: VolumeType;
  readonly tags?: Readonly<Record<string, string>>;
}

export async function addVolumes(
  account: Account,
  wishes: readonly VolumeWish[],
): Promise<readonly Volume[]> {
  const volumes = wishes.map((wish) => volumeOf(account, wish));
  for (const volume of volumes) {
    await account.disks.create(volume.id, volume.gib);
    account.volumes.put(volume.id, volume);
  }
  return volumes;
}

function volumeOf({ zones, clock }: Account, { zone, gib = 1, type = 'gp3', tags = {} }: VolumeWish): Volume {
  return {
    id: newId('vol'),
    zone: zone ?? zones[0] ?? '',
    ...checkedPerformance({ gib, type, iops: undefined, throughput: undefined }),
    encrypted: false,
    kmsKeyId: undefined,
    snapshotId: undefined,
    status: 'available',
    created: clock.now(),
    tags: new Map(Object.entries(tags)),
    attachment: undefined,
    modification: undefined,
    modified: [],
  };
}
