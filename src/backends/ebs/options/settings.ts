import * as z from 'zod/mini';
import { parseDuration } from '../../../core/durations.ts';
import { quote } from '../../../core/names.ts';
import { removalSettings, understood } from '../../shared/options/settings.ts';
import { usualMetadataService } from '../ec2/metadata-service.ts';
import { mostTags, tagPrefix } from '../record/keys.ts';
import { longestValue } from '../record/tags-split.ts';
import { keyValue } from './values.ts';

/** When a volume may be taken from the machine that EC2 still has it attached to. */
const preemptions = ['never', 'dead', 'force'] as const;
export type Preemption = (typeof preemptions)[number];

/** AWS's limit for a tag's key. */
const longestKey = 128;
/** The number of tags that a volume's own record needs at least. */
const ownTags = 14;

const url = z.pipe(
  z.url({ protocol: /^https?$/, error: 'must be a URL such as http://127.0.0.1:4566' }),
  z.transform((text) => text.replace(/\/+$/, '')),
);

const tagValue = z.pipe(
  z.pipe(z.union([z.string(), z.number(), z.boolean()], 'must be a string'), z.transform(String)),
  z.string().check(
    z.maxLength(longestValue),
    z.refine((value) => !/^aws:/i.test(value), 'AWS reserves `aws:` for itself'),
  ),
);

export const ebsSettings = z.strictObject({
  region: z
    .optional(z.string().check(z.regex(/^[a-z0-9-]+$/, 'must be a region such as eu-central-1')))
    .check(z.describe('The AWS region. Default: from the instance metadata.')),
  availabilityZone: z
    .optional(z.string().check(z.regex(/^[a-z0-9-]+$/, 'must be an availability zone such as eu-central-1a')))
    .check(
      z.describe(
        'The availability zone of this host and of new volumes. Default: from the instance metadata.',
      ),
    ),
  instanceId: z
    .optional(
      z.string().check(z.regex(/^i-[0-9a-f]+$/, 'must be an instance ID such as i-0123456789abcdef0')),
    )
    .check(z.describe("The ID of this host's EC2 instance. Default: from the instance metadata.")),
  endpoint: z
    .optional(url)
    .check(
      z.describe(
        "Another address of EC2's API: a VPC endpoint, a private cloud, or a simulation. AWS's own by default.",
      ),
    ),
  metadataEndpoint: z
    ._default(url, usualMetadataService.endpoint)
    .check(z.describe('Another address of the instance metadata service (IMDSv2).')),
  tags: z._default(z.record(z.string(), tagValue), {}).check(
    z.superRefine((tags, context) => {
      for (const message of tagTroubles(Object.keys(tags))) context.addIssue({ code: 'custom', message });
    }),
    z.describe('Tags for each new EBS volume and snapshot, such as those for billing and policies.'),
  ),
  kmsKeyId: z
    .optional(understood(keyValue))
    .check(
      z.describe(
        "New volumes are encrypted with this KMS key: its ID, alias or ARN. Without it, AWS's own key and the account's default decide.",
      ),
    ),
  ...removalSettings,
  finalSnapshot: z
    ._default(z.boolean(), false)
    .check(z.describe('Makes a snapshot of a volume before its data is permanently deleted.')),
  preempt: z
    ._default(z.enum(preemptions), 'dead')
    .check(
      z.describe(
        '`dead` takes a volume over from an instance that is proven to be stopped or gone; `never` leaves that to you; ' +
          "`force` also does so from a running instance, for volumes with the option `preempt=force`: that instance's last writes may be lost.",
      ),
    ),
  witnesses: z
    ._default(z.array(z.string().check(z.minLength(1, 'is empty'))), [])
    .check(
      z.describe(
        'Which of the `witnesses` in the configuration may say, besides EC2, that a host is dead, with any `preempt` except `never`. By default only EC2.',
      ),
    ),
  linger: z
    ._default(understood(parseDuration), 0)
    .check(
      z.describe(
        'How long an unmounted volume stays attached to this host, such as 30s: meanwhile, mounting it here again takes only milliseconds. 0s by default.',
      ),
    ),
  attachLimit: z
    .optional(z.int().check(z.minimum(1)))
    .check(
      z.describe(
        "The maximum number of this driver's volumes that are attached to this host; volumes of others do not count. By default EC2's limit for the instance type.",
      ),
    ),
});

export type EbsSettings = z.infer<typeof ebsSettings>;

function tagTroubles(keys: readonly string[]): readonly string[] {
  const most = mostTags - ownTags;
  const wrong = keys.flatMap((key) => {
    if (key === '' || key.length > longestKey)
      return [`${quote(key)} must have 1 to ${longestKey} characters`];
    if (/^aws:/i.test(key)) return [`${quote(key)} cannot be used: AWS reserves \`aws:\` for itself`];
    const isOurs = key.startsWith(tagPrefix);
    return isOurs ? [`${quote(key)} cannot be used: Holdfast reserves \`${tagPrefix}\` for itself`] : [];
  });
  const many = `must be at most ${most}: EC2 takes ${mostTags}, and Holdfast needs the others`;
  return keys.length > most ? [...wrong, many] : wrong;
}
