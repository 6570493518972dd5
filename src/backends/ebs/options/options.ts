import { fileSystems } from '../../shared/file-system/format.ts';
import { claimedBy } from '../../shared/network-share/mount-options.ts';
import { directoryRules } from '../../shared/options/directory-options.ts';
import { copyRules } from '../../shared/options/from-option.ts';
import { createOptionTable, type OptionRule } from '../../shared/options/table.ts';
import { flagValue, wordValue } from '../../shared/options/values.ts';
import { diskTypes } from '../ec2/ec2.ts';
import { diskMountOptions } from './disk-mount-options.ts';
import {
  countValue,
  diskSizeValue,
  keyValue,
  mkfsOptionsValue,
  overwriteValue,
  rootPathValue,
  snapshotValue,
  volumeIdValue,
  zoneValue,
} from './values.ts';

/** The EBS volume. */
const diskRules: readonly OptionRule[] = [
  {
    name: 'size',
    aliases: [],
    description:
      'The size: a number of GiB, or with a unit. Default 16GiB, or that of the snapshot or source.',
    example: 'size=100GiB',
    normalise: diskSizeValue,
  },
  {
    name: 'type',
    aliases: ['volumeType'],
    description: `The type of EBS volume: ${diskTypes.join(', ')}. Default gp3.`,
    example: 'type=io2',
    normalise: wordValue(diskTypes),
  },
  {
    name: 'iops',
    aliases: [],
    description:
      'Operations per second, for gp3, io1 and io2. Default 3000, or the maximum for the size of an io1 volume.',
    example: 'iops=6000',
    normalise: countValue,
  },
  {
    name: 'throughput',
    aliases: [],
    description: 'MiB per second, for gp3. Default 125.',
    example: 'throughput=500',
    normalise: countValue,
  },
  {
    name: 'encrypted',
    aliases: [],
    description: "Encrypts the volume. By default, the account's setting decides.",
    example: 'encrypted=true',
    normalise: flagValue,
  },
  {
    name: 'kmsKeyId',
    aliases: ['encryptionKey'],
    description:
      "The KMS key of an encrypted volume: ID, alias or ARN. Default: the driver's key, else AWS's own key.",
    example: 'kmsKeyId=alias/volumes',
    normalise: keyValue,
  },
  {
    name: 'availabilityZone',
    aliases: ['zone'],
    description:
      'The zone in which the volume is created; only hosts in that zone can mount it. Default: the zone of the host that creates it.',
    example: 'availabilityZone=eu-central-1b',
    normalise: zoneValue,
  },
  {
    name: 'snapshot',
    aliases: ['snapshotId', 'backup'],
    description: 'Creates the volume from this EBS snapshot, with its data. It is never formatted.',
    example: 'snapshot=snap-0123456789abcdef0',
    normalise: snapshotValue,
  },
  {
    name: 'volumeId',
    aliases: ['id'],
    description:
      'Adopts this EBS volume unchanged, such as one of REX-Ray or Convoy. It is never formatted, and removing the volume does not delete it.',
    example: 'volumeId=vol-0123456789abcdef0',
    normalise: volumeIdValue,
  },
];

/** The file system on it, and how it is mounted. */
const fileSystemRules: readonly OptionRule[] = [
  {
    name: 'fsType',
    aliases: ['newFSType', 'fs'],
    description: 'The file system: `ext4` (the default) or `xfs`. An existing one is never converted.',
    example: 'fsType=xfs',
    normalise: wordValue(fileSystems),
  },
  {
    name: 'mkfsOptions',
    aliases: [],
    description: 'Options of mkfs for a new file system, each with its value after a space.',
    example: 'mkfsOptions=-i 8192',
    normalise: mkfsOptionsValue,
  },
  {
    name: 'mountOptions',
    aliases: [],
    description: 'Options of ext4(5) or xfs(5) for the mount, comma-separated.',
    example: 'mountOptions=noatime,discard',
    normalise: (text) => diskMountOptions(text),
    claims: claimedBy({ read: (word) => [diskMountOptions(word)].filter((text) => text !== '') }),
  },
  {
    name: 'rootPath',
    aliases: [],
    description:
      'The directory of the file system that containers see; `/` is all of it. Default `data`, as with REX-Ray.',
    example: 'rootPath=/',
    normalise: rootPathValue,
  },
  ...directoryRules,
  {
    name: 'preempt',
    aliases: [],
    description:
      '`force`: if the driver also has `preempt: force`, this volume is taken even from a host that still runs, whose last writes may be lost.',
    example: 'preempt=force',
    normalise: wordValue(['force']),
  },
  {
    name: 'overwriteFS',
    aliases: [],
    description:
      'From REX-Ray and Marathon: only `false` is accepted, because a volume with data is never formatted.',
    example: 'overwriteFS=false',
    normalise: overwriteValue,
  },
];

export const ebsOptions = createOptionTable([...diskRules, ...copyRules, ...fileSystemRules]);
