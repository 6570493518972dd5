import { type Fields, parseFilters } from '../api/filters.ts';
import { page } from '../api/paging.ts';
import type { Parameters } from '../api/parameters.ts';
import { type Account, isoTime } from '../cloud/account.ts';
import type { Volume } from '../cloud/resources.ts';
import type { Action } from './action.ts';
import { findVolume } from './find.ts';
import { volumeAnswer } from './volume-answer.ts';

const fields: Fields<Volume> = {
  'attachment.attach-time': ({ attachment }) => [attachment && isoTime(attachment.since)],
  'attachment.delete-on-termination': ({ attachment }) => [attachment && 'false'],
  'attachment.device': ({ attachment }) => [attachment?.device],
  'attachment.instance-id': ({ attachment }) => [attachment?.instanceId],
  'attachment.status': ({ attachment }) => [attachment?.status],
  'availability-zone': ({ zone }) => [zone],
  'create-time': ({ created }) => [isoTime(created)],
  encrypted: ({ encrypted }) => [String(encrypted)],
  'multi-attach-enabled': () => ['false'],
  size: ({ gib }) => [String(gib)],
  'snapshot-id': ({ snapshotId }) => [snapshotId],
  status: ({ status }) => [status],
  'volume-id': ({ id }) => [id],
  'volume-type': ({ type }) => [type],
};

/** One unknown ID fails the whole request. */
export const describeVolumes: Action = {
  parameters: ['Filter', 'MaxResults', 'NextToken', 'VolumeId'],
  run: ({ account, parameters }) => {
    const fits = parseFilters(parameters, fields, (volume) => indexedTags(account, volume));
    const found = named(account, parameters).filter(fits);
    const { items, nextToken } = page({ parameters, pages: account.pages }, found, {
      ids: 'VolumeId',
      set: 'volumeSet',
    });
    return { volumeSet: items.map(volumeAnswer), nextToken };
  },
};

function named(account: Account, parameters: Parameters): readonly Volume[] {
  const { reads } = account.lag;
  const ids = parameters.list('VolumeId');
  if (ids.length === 0) return account.volumes.allSeen(reads);
  return [...new Set(ids)].map((id) => findVolume(account, id, reads));
}

function indexedTags({ volumes, lag }: Account, { id }: Volume) {
  return volumes.seen(id, lag.reads + lag.tagIndex)?.tags ?? new Map<string, string>();
}
