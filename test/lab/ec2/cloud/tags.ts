import { Ec2Error, invalidValue } from '../api/ec2-error.ts';
import type { Parameters } from '../api/parameters.ts';
import type { Xml } from '../api/xml.ts';
import type { Tags } from './resources.ts';

const mostTags = 50;

/** The tags in `Tag.1.Key=…&Tag.1.Value=…`, below the prefix in `parameters`. */
export function parseTags(parameters: Parameters): Tags {
  const pairs = parameters
    .groups('Tag')
    .map((tag) => [tag.text('Key') ?? '', tag.text('Value') ?? ''] as const);
  const keys = pairs.map(([key]) => key);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) throw invalidValue(`Duplicate tag key '${twice}' specified.`);
  for (const [key, value] of pairs) checkTag(key, value);
  return new Map(pairs);
}

/** The tags of `TagSpecification.N` for the one kind of resource that the action makes. */
export function parseTagSpecifications(parameters: Parameters, resource: 'volume' | 'snapshot'): Tags {
  const specifications = parameters.groups('TagSpecification');
  const other = specifications.map((one) => one.text('ResourceType')).find((type) => type !== resource);
  if (other !== undefined) {
    throw invalidValue(`'${other}' is not a valid taggable resource type for this operation.`);
  }
  if (specifications.length > 1) throw invalidValue(`Duplicate resource type '${resource}' specified.`);
  return withTags(new Map(), specifications[0] ? parseTags(specifications[0]) : new Map());
}

/** Existing keys are overwritten and do not count twice. */
export function withTags(existing: Tags, added: Tags): Tags {
  const tags = new Map([...existing, ...added]);
  if (tags.size <= mostTags) return tags;
  throw new Ec2Error('TagLimitExceeded', 'The maximum number of Tags for a resource has been reached.');
}

export function tagSet(tags: Tags): Xml {
  return tags.size === 0 ? undefined : [...tags].map(([key, value]) => ({ key, value }));
}

/** "Tag your Amazon EC2 resources", restrictions. */
function checkTag(key: string, value: string): void {
  if (key === '') throw invalidValue('Tag key cannot be empty.');
  if (key.toLowerCase().startsWith('aws:')) {
    const reason = "Tag keys starting with 'aws:' are reserved for internal use";
    throw invalidValue(`Value ( ${key} ) for parameter key is invalid. ${reason}`);
  }
  if (key.length > 128) throw invalidValue('Tag key exceeds the maximum length of 128 characters');
  if (value.length > 256) throw invalidValue('Tag value exceeds the maximum length of 256 characters');
}
