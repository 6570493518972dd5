import { directoryRules } from '../shared/directory-options.ts';
import { createOptionTable, type OptionRule } from '../shared/option-table.ts';
import { flagValue, wordValue } from '../shared/option-values.ts';
import { diskTypes } from './ec2.ts';
import {
  countValue,
  diskMountOptionsValue,
  diskSizeValue,
  keyValue,
  mkfsOptionsValue,
  overwriteValue,
  rootPathValue,
  snapshotValue,
  volumeIdValue,
  zoneValue,
} from './options-values.ts';

/** The EBS volume. */
const diskRules: readonly OptionRule[] = [
  {
    name: 'size',
    aliases: [],
    description: 'The size: a number of GiB, or with a unit. Default 16GiB, or that of the snapshot.',
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
      "Operations per second, of gp3, io1 and io2. Default 3000, or as many as an io1 volume's size allows.",
    example: 'iops=6000',
    normalise: countValue,
  },
  {
    name: 'throughput',
    aliases: [],
    description: 'MiB per second, of gp3. Default 125.',
    example: 'throughput=500',
    normalise: countValue,
  },
  {
    name: 'encrypted',
    aliases: [],
    description: "Encrypts the volume. Without it the account's default decides.",
    example: 'encrypted=true',
    normalise: flagValue,
  },
  {
    name: 'kmsKeyId',
    aliases: ['encryptionKey'],
    description:
      "The KMS key of an encrypted volume: ID, alias or ARN. Default the driver's, else AWS's own key.",
    example: 'kmsKeyId=alias/volumes',
    normalise: keyValue,
  },
  {
    name: 'availabilityZone',
    aliases: ['zone'],
    description:
      'The zone that the volume is made in; only hosts of that zone can mount it. Default the zone of the host that makes it.',
    example: 'availabilityZone=eu-central-1b',
    normalise: zoneValue,
  },
  {
    name: 'snapshot',
    aliases: ['snapshotId', 'backup'],
    description: 'Makes the volume from this EBS snapshot, with its data. It is never formatted.',
    example: 'snapshot=snap-0123456789abcdef0',
    normalise: snapshotValue,
  },
  {
    name: 'volumeId',
    aliases: ['id'],
    description:
      "Adopts this EBS volume as it is, such as one of REX-Ray's or Convoy's. It is never formatted, and removing the volume leaves it alone.",
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
    normalise: wordValue(['ext4', 'xfs']),
  },
  {
    name: 'mkfsOptions',
    aliases: [],
    description: 'Options of mkfs for a new file system: flags and words of letters and digits.',
    example: 'mkfsOptions=-i 8192',
    normalise: mkfsOptionsValue,
  },
  {
    name: 'mountOptions',
    aliases: [],
    description: 'Options of mount(8) for the file system, comma-separated.',
    example: 'mountOptions=noatime,discard',
    normalise: diskMountOptionsValue,
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
      '`force`: where the driver has `preempt: force`, too, this volume is taken even from a host that still runs. What that host wrote last may be lost.',
    example: 'preempt=force',
    normalise: wordValue(['force']),
  },
  {
    name: 'overwriteFS',
    aliases: [],
    description:
      'Of REX-Ray and Marathon: only `false` is accepted, as nothing that has data is ever formatted.',
    example: 'overwriteFS=false',
    normalise: overwriteValue,
  },
];

export const ebsOptions = createOptionTable([...diskRules, ...fileSystemRules]);
