import { Ec2Error } from '../api/ec2-error.ts';
import { type Fields, parseFilters } from '../api/filters.ts';
import { page } from '../api/paging.ts';
import type { Modification } from '../cloud/resources.ts';
import type { Action } from './action.ts';
import { findVolume } from './find.ts';
import { modificationAnswer } from './modify-volume.ts';

interface Modified {
  readonly id: string;
  readonly modification: Modification;
}

const fields: Fields<Modified> = {
  'modification-state': ({ modification }) => [modification.state],
  'original-size': ({ modification }) => [String(modification.from.gib)],
  'target-size': ({ modification }) => [String(modification.to.gib)],
  'volume-id': ({ id }) => [id],
};

export const describeVolumesModifications: Action = {
  parameters: ['Filter', 'MaxResults', 'NextToken', 'VolumeId'],
  run: ({ account, parameters }) => {
    const ids = parameters.list('VolumeId');
    const { reads } = account.lag;
    const volumes =
      ids.length > 0 ? ids.map((id) => findVolume(account, id, reads)) : account.volumes.allSeen(reads);
    const modified = volumes.flatMap(({ id, modification }) => (modification ? [{ id, modification }] : []));
    if (ids.length > 0 && modified.length === 0) {
      const message = `Modification for volume '${ids[0]}' does not exist.`;
      throw new Ec2Error('InvalidVolumeModification.NotFound', message);
    }
    const found = modified.filter(parseFilters(parameters, fields, () => new Map()));
    const { items, nextToken } = page({ parameters, pages: account.pages }, found, {
      ids: 'VolumeId',
      set: 'volumeSet',
    });
    return {
      volumeModificationSet: items.map(({ id, modification }) => modificationAnswer(id, modification)),
      nextToken,
    };
  },
};
