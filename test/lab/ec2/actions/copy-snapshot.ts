import { Ec2Error, incorrectState, invalidValue } from '../api/ec2-error.ts';
import type { Parameters } from '../api/parameters.ts';
import { type Account, newId, ownKmsKey } from '../cloud/account.ts';
import type { Snapshot } from '../cloud/resources.ts';
import { parseTagSpecifications } from '../cloud/tags.ts';
import type { Action } from './action.ts';
import { findSnapshot } from './find.ts';

/** "There is a limit of 20 concurrent snapshot copy requests per destination Region." */
const mostCopies = 20;
/** "Snapshots copies have an arbitrary source volume ID." */
const arbitraryVolume = 'vol-ffffffff';

/** Asked of the region that gets the copy, which has none of the source's tags. */
export const copySnapshot: Action = {
  parameters: [
    'Description',
    'DestinationRegion',
    'Encrypted',
    'KmsKeyId',
    // The SDK adds it: it is needed for sources that are encrypted.
    'PresignedUrl',
    'SourceRegion',
    'SourceSnapshotId',
    'TagSpecification',
  ],
  run: async ({ account, parameters }) => {
    const source = findSource(account, parameters);
    checkLimits(account);
    const copy: Snapshot = {
      id: newId('snap'),
      volumeId: arbitraryVolume,
      gib: source.gib,
      ...parseEncryption(account, parameters, source),
      state: 'pending',
      isCopy: true,
      description: parameters.text('Description') ?? '',
      started: account.clock.now(),
      tags: parseTagSpecifications(parameters, 'snapshot'),
    };
    await account.disks.create(copy.id, copy.gib, source.id);
    account.snapshots.put(copy.id, copy);
    account.clock.after(account.delays.copy, () => complete(account, copy.id));
    return { snapshotId: copy.id };
  },
};

function findSource({ regions }: Account, parameters: Parameters): Snapshot {
  const region = parameters.required('SourceRegion');
  const there = regions.get(region);
  // The wording of these two is ours.
  if (!there) throw invalidValue(`Invalid source region: ${region}`);
  const source = findSnapshot(there, parameters.required('SourceSnapshotId'));
  if (source.state !== 'completed') throw incorrectState(`${source.id} is not 'completed'.`);
  return source;
}

function checkLimits({ snapshots, rules }: Account): void {
  const all = snapshots.all();
  if (all.length >= (rules.snapshotQuota ?? Number.POSITIVE_INFINITY))
    throw new Ec2Error('SnapshotLimitExceeded', 'You have reached the limit of snapshots in this region.');
  if (
    all.filter(({ isCopy, state }) => isCopy && state === 'pending').length <
    (rules.copiesAtOnce ?? mostCopies)
  )
    return;
  throw new Ec2Error(
    'ResourceLimitExceeded',
    'Too many snapshot copies in progress. The limit is 20 for this destination region.',
  );
}

/** A copy of an encrypted snapshot is encrypted, by default with the key of the region that gets it. */
function parseEncryption(account: Account, parameters: Parameters, source: Snapshot) {
  const encrypted = parameters.flag('Encrypted') || account.rules.encryptByDefault || source.encrypted;
  const kmsKeyId = parameters.text('KmsKeyId') ?? ownKmsKey(account.region);
  return { encrypted, kmsKeyId: encrypted ? kmsKeyId : undefined };
}

/** Whether the source's key can be used is only found out while it is read. */
function complete({ snapshots }: Account, id: string): void {
  const made = snapshots.get(id);
  if (made) snapshots.put(id, { ...made, state: 'completed' });
}
