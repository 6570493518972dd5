import { Ec2Error, invalidValue } from '../api/ec2-error.ts';
import { type Account, isId } from '../cloud/account.ts';
import type { Machine, Snapshot, Volume } from '../cloud/resources.ts';

/** These see the present state, even if a Describe lags: only reads are eventually consistent here. */
export function findVolume(account: Account, id: string, lag = 0): Volume {
  if (!isId('vol', id)) {
    throw invalidValue(`Value (${id}) for parameter volumeId is invalid. Expected: 'vol-...'.`);
  }
  const volume = account.volumes.seen(id, lag);
  if (volume) return volume;
  throw new Ec2Error('InvalidVolume.NotFound', `The volume '${id}' does not exist.`);
}

export function findInstance(account: Account, id: string, lag = 0): Machine {
  if (!isId('i', id)) throw new Ec2Error('InvalidInstanceID.Malformed', `Invalid id: "${id}"`);
  const instance = account.instances.seen(id, lag);
  if (instance) return instance;
  throw new Ec2Error('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`);
}

export function findSnapshot(account: Account, id: string, lag = 0): Snapshot {
  if (!isId('snap', id)) {
    throw invalidValue(`Value (${id}) for parameter snapshotId is invalid. Expected: 'snap-...'.`);
  }
  const snapshot = account.snapshots.seen(id, lag);
  if (snapshot) return snapshot;
  throw new Ec2Error('InvalidSnapshot.NotFound', `The snapshot '${id}' does not exist.`);
}
