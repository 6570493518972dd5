import * as z from 'zod';
import { foreseenActs } from '../../../driver/volume-driver.ts';
import { health, list, milliseconds, options, time, usage } from './common.ts';

export const holder = z
  .object({
    id: z.string(),
    kind: z.enum(['client', 'operator', 'published']),
    path: z.string().exactOptional().describe('Where a published one has it: the path on this host.'),
    mountedAt: time,
  })
  .meta({ id: 'Holder' });
export const mountUser = z
  .object({
    pid: z.number(),
    command: z.string(),
    containerId: z.string().exactOptional(),
    mountpoint: z.string().describe('In the mount namespace of the process.'),
    isCovered: z.literal(true).exactOptional(),
  })
  .meta({ id: 'MountUser', description: 'A process that has the mount, in another mount namespace.' });

const volumeFields = {
  driver: z.string(),
  name: z.string(),
  csiName: z.string().exactOptional().describe('Its name and ID in the CSI, where that is another one.'),
  id: z.string().exactOptional(),
  createdAt: time.exactOptional(),
  mountpoint: z.string().exactOptional().describe('While it is mounted on this host.'),
  options: options.exactOptional(),
  unreadable: z
    .string()
    .exactOptional()
    .describe(
      'Why the record cannot be read, and the way out; `id`, `createdAt` and options are then absent.',
    ),
};
const volumeDetailFields = {
  ...volumeFields,
  given: options.exactOptional().describe('The options that the creator gave.'),
  holders: list(holder),
  member: z.string().exactOptional().describe('Of a joint driver: the member that has it.'),
  catalogAge: milliseconds.exactOptional(),
  health: health.exactOptional(),
  usage: usage.exactOptional(),
  details: options.exactOptional().describe('Where the data is and who has it, as last seen.'),
  mustRestart: list(mountUser).exactOptional().describe('Users of a dead mount of the volume.'),
  unmountsPending: list(z.string()).exactOptional(),
};
export const volume = z.object(volumeFields).meta({ id: 'Volume' });
export const volumeDetails = z.object(volumeDetailFields).meta({ id: 'VolumeDetails' });
export const unusedVolume = z
  .object({ ...volumeDetailFields, lastUsed: time.exactOptional() })
  .meta({ id: 'UnusedVolume', description: 'A volume that no host is known to use.' });
export const removedVolume = z
  .object({
    driver: z.string(),
    name: z.string(),
    id: z.string(),
    removedAt: time,
    purgeAfter: time.exactOptional().describe('Absent: the data is kept until an operator decides.'),
  })
  .meta({ id: 'RemovedVolume' });

/** The calls that have a dry run. */
export const dryRunVerb = z.enum([
  'create',
  'remove',
  'undelete',
  'mount',
  'unmount',
  'release',
  'snapshot',
  'remove-snapshot',
  'copy-snapshot',
  'rollback',
  'grow',
  'modify',
]);

export const foreseen = z
  .object({
    driver: z.string(),
    name: z.string(),
    verb: z.string(),
    steps: list(z.object({ act: z.enum(foreseenActs), about: z.string() })).describe(
      'In order; none if nothing is left to do.',
    ),
    volume: volume.exactOptional().describe('After a create, an undelete, a growth or another change.'),
  })
  .meta({ id: 'Foreseen', description: 'What a call would do. One that would be refused is refused.' });

const user = z
  .object({
    kind: z.enum(['container', 'task', 'process', 'mount']),
    mountpoint: z.string(),
    id: z.string().exactOptional(),
    engine: z.string().exactOptional(),
    name: z.string().exactOptional(),
    state: z.string().exactOptional(),
    pid: z.number().exactOptional(),
    command: z.string().exactOptional(),
  })
  .meta({ id: 'User', description: 'Who prevents the removal of a volume.' });
export const users = z
  .object({
    driver: z.string(),
    name: z.string(),
    usedBy: list(user),
    notes: list(z.string()).describe('Engines that did not answer in time.'),
  })
  .meta({ id: 'Users' });

export type VolumeAnswer = z.output<typeof volume>;
export type VolumeDetailsAnswer = z.output<typeof volumeDetails>;
export type UnusedAnswer = z.output<typeof unusedVolume>;
export type RemovedAnswer = z.output<typeof removedVolume>;
export type UsersAnswer = z.output<typeof users>;
