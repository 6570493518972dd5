import { Ec2Error } from '../api/ec2-error.ts';
import { type Fields, parseFilters } from '../api/filters.ts';
import { page } from '../api/paging.ts';
import { type InstanceType, instanceTypes } from '../cloud/instance-types.ts';
import type { Action, Answer } from './action.ts';

type Named = readonly [name: string, type: InstanceType];

const fields: Fields<Named> = {
  hypervisor: ([, { hypervisor }]) => [hypervisor],
  'instance-type': ([name]) => [name],
};

export const describeInstanceTypes: Action = {
  parameters: ['Filter', 'InstanceType', 'MaxResults', 'NextToken'],
  run: ({ account, parameters }) => {
    const asked = parameters.list('InstanceType');
    const unknown = asked.filter((name) => !Object.hasOwn(instanceTypes, name));
    if (unknown.length > 0) {
      const message = `The following supplied instance types do not exist: [${unknown.join(', ')}]`;
      throw new Ec2Error('InvalidInstanceType', message);
    }
    const all: readonly Named[] = Object.entries(instanceTypes);
    const found = all
      .filter(([name]) => asked.length === 0 || asked.includes(name))
      .filter(parseFilters(parameters, fields, () => new Map()));
    const { items, nextToken } = page({ parameters, pages: account.pages }, found, {
      ids: 'InstanceType',
      set: 'instanceTypes',
    });
    return { instanceTypeSet: items.map(typeAnswer), nextToken };
  },
};

function typeAnswer([name, type]: Named): Answer {
  return {
    instanceType: name,
    currentGeneration: true,
    hypervisor: type.hypervisor,
    instanceStorageSupported: type.localDisks > 0,
    ebsInfo: {
      ebsOptimizedSupport: 'default',
      encryptionSupport: 'supported',
      nvmeSupport: type.hypervisor === 'nitro' ? 'required' : 'unsupported',
      attachmentLimitType: type.attachments,
      maximumEbsAttachments: type.limit,
    },
  };
}
