import { Ec2Error, missing } from '../api/ec2-error.ts';
import type { Parameters } from '../api/parameters.ts';
import type { Account } from '../cloud/account.ts';
import type { Tags } from '../cloud/resources.ts';
import { parseTags, withTags } from '../cloud/tags.ts';
import type { Action } from './action.ts';
import { findInstance, findSnapshot, findVolume } from './find.ts';

export const createTags: Action = {
  parameters: ['ResourceId', 'Tag'],
  run: ({ account, parameters }) => {
    const added = parseTags(parameters);
    if (added.size === 0) throw missing('tagSet');
    const changes = resources(account, parameters).map(({ tags, put }) => ({
      tags: withTags(tags, added),
      put,
    }));
    for (const { tags, put } of changes) put(tags);
    return { return: true };
  },
};

/** "If you specify a tag key without a tag value, any tag with this key is deleted", and all tags without any key. */
export const deleteTags: Action = {
  parameters: ['ResourceId', 'Tag'],
  run: ({ account, parameters }) => {
    const wanted = parameters
      .groups('Tag')
      .map((tag) => ({ key: tag.text('Key'), value: tag.text('Value') }));
    const goes = (key: string, value: string) =>
      wanted.length === 0 ||
      wanted.some((tag) => tag.key === key && (tag.value === undefined || tag.value === value));
    for (const { tags, put } of resources(account, parameters)) {
      put(new Map([...tags].filter(([key, value]) => !goes(key, value))));
    }
    return { return: true };
  },
};

interface Tagged {
  readonly tags: Tags;
  put(tags: Tags): void;
}

function resources(account: Account, parameters: Parameters): readonly Tagged[] {
  const ids = parameters.list('ResourceId');
  if (ids.length === 0) throw missing('resourceIdSet');
  return ids.map((id) => tagged(account, id));
}

function tagged(account: Account, id: string): Tagged {
  const [kind] = id.split('-', 1);
  if (kind === 'vol') {
    const volume = findVolume(account, id);
    return { tags: volume.tags, put: (tags) => account.volumes.put(id, { ...volume, tags }) };
  }
  if (kind === 'snap') {
    const snapshot = findSnapshot(account, id);
    return { tags: snapshot.tags, put: (tags) => account.snapshots.put(id, { ...snapshot, tags }) };
  }
  if (kind === 'i') {
    const instance = findInstance(account, id);
    return { tags: instance.tags, put: (tags) => account.instances.put(id, { ...instance, tags }) };
  }
  throw new Ec2Error('InvalidID', `The ID '${id}' is not valid`);
}
