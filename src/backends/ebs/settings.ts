import { z } from 'zod';
import { parseDuration } from '../../core/durations.ts';
import { quote } from '../../core/names.ts';
import { removalSettings, understood } from '../shared/settings.ts';
import { preemptions } from './fencing.ts';
import { usualMetadataService } from './metadata-service.ts';
import { keyValue } from './options-values.ts';
import { mostTags, tagPrefix } from './tags.ts';
import { longestValue } from './tags-split.ts';

/** AWS's limit for a tag's key. */
const longestKey = 128;
/** What a volume's own record needs at least. */
const ownTags = 14;

const url = z
  .url({ protocol: /^https?$/, error: 'must be a URL such as http://127.0.0.1:4566' })
  .pipe(z.transform((text) => text.replace(/\/+$/, '')));

const tagValue = z
  .union([z.string(), z.number(), z.boolean()], 'must be a text')
  .pipe(z.transform(String))
  .pipe(
    z
      .string()
      .max(longestValue)
      .refine((value) => !/^aws:/i.test(value), 'AWS keeps `aws:` to itself'),
  );

export const ebsSettings = z.strictObject({
  region: z
    .string()
    .regex(/^[a-z0-9-]+$/, 'must be a region such as eu-central-1')
    .optional()
    .describe('The AWS region. From the instance metadata when absent.'),
  availabilityZone: z
    .string()
    .regex(/^[a-z0-9-]+$/, 'must be an availability zone such as eu-central-1a')
    .optional()
    .describe(
      'The zone that this host is in, and new volumes are made in. From the instance metadata when absent.',
    ),
  instanceId: z
    .string()
    .regex(/^i-[0-9a-f]+$/, 'must be an instance ID such as i-0123456789abcdef0')
    .optional()
    .describe('The EC2 instance that this host is. From the instance metadata when absent.'),
  endpoint: url
    .optional()
    .describe(
      "Another address of EC2's API: a VPC endpoint, a private cloud, or a simulation. AWS's own by default.",
    ),
  metadataEndpoint: url
    .default(usualMetadataService.endpoint)
    .describe('Another address of the instance metadata service (IMDSv2).'),
  tags: z
    .record(z.string(), tagValue)
    .default({})
    .superRefine((tags, context) => {
      for (const message of tagTroubles(Object.keys(tags))) context.addIssue({ code: 'custom', message });
    })
    .describe('Tags for each new EBS volume and snapshot, such as those that bills and policies go by.'),
  kmsKeyId: understood(keyValue)
    .optional()
    .describe(
      "New volumes are encrypted with this KMS key: its ID, alias or ARN. Without it, AWS's own key and the account's default decide.",
    ),
  ...removalSettings,
  finalSnapshot: z
    .boolean()
    .default(false)
    .describe('Makes a snapshot of a volume before its data is deleted for good.'),
  preempt: z
    .enum(preemptions)
    .default('dead')
    .describe(
      '`dead` takes a volume over from an instance that is proven to be stopped or gone; `never` leaves that to you; ' +
        '`force` does so from a running one, too, for volumes with `-o preempt=force`: what that one wrote last may be lost.',
    ),
  witnesses: z
    .array(z.string().min(1, 'is empty'))
    .default([])
    .describe(
      'Those of the `witnesses` in the configuration that are believed beside EC2 when one says that the host is dead, under any `preempt` but `never`. By default EC2 alone.',
    ),
  linger: understood(parseDuration)
    .default(0)
    .describe(
      'How long an unmounted volume stays attached to this host, such as 30s: mounting it here again is then a matter of milliseconds. 0s by default.',
    ),
  attachLimit: z
    .int()
    .min(1)
    .optional()
    .describe(
      "How many volumes this host attaches at most. EC2's own limit of the instance type by default.",
    ),
});

export type EbsSettings = z.infer<typeof ebsSettings>;

function tagTroubles(keys: readonly string[]): readonly string[] {
  const most = mostTags - ownTags;
  const wrong = keys.flatMap((key) => {
    if (key === '' || key.length > longestKey)
      return [`${quote(key)} must have 1 to ${longestKey} characters`];
    if (/^aws:/i.test(key)) return [`${quote(key)} cannot be used: AWS keeps \`aws:\` to itself`];
    const isOurs = key.startsWith(tagPrefix);
    return isOurs ? [`${quote(key)} cannot be used: Holdfast keeps \`${tagPrefix}\` to itself`] : [];
  });
  const many = `must be at most ${most}: EC2 takes ${mostTags}, and Holdfast needs the others`;
  return keys.length > most ? [...wrong, many] : wrong;
}
