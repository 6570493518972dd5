import * as z from 'zod/mini';
import { foreseenActs } from '../../../driver/volume-driver.ts';
import { health, list, milliseconds, options, time, usage } from './common.ts';

export const holder = z
  .object({
    id: z.string(),
    kind: z.enum(['client', 'operator', 'published']),
    path: z.exactOptional(z.string()).check(z.describe('The path on this host where it is published.')),
    mountedAt: time,
  })
  .register(z.globalRegistry, { id: 'Holder' });
export const mountUser = z
  .object({
    pid: z.number(),
    command: z.string(),
    containerId: z.exactOptional(z.string()),
    mountpoint: z.string().check(z.describe('In the mount namespace of the process.')),
    isCovered: z.exactOptional(z.literal(true)),
  })
  .register(z.globalRegistry, {
    id: 'MountUser',
    description: 'A process that has the mount, in another mount namespace.',
  });

const volumeFields = {
  driver: z.string(),
  name: z.string(),
  csiName: z
    .exactOptional(z.string())
    .check(z.describe('Its name and ID in the CSI, if that is a different one.')),
  id: z.exactOptional(z.string()),
  createdAt: z.exactOptional(time),
  mountpoint: z.exactOptional(z.string()).check(z.describe('While it is mounted on this host.')),
  options: z.exactOptional(options),
  unreadable: z
    .exactOptional(z.string())
    .check(
      z.describe(
        'Why the record cannot be read, and the way out; `id`, `createdAt` and options are then absent.',
      ),
    ),
};
const volumeDetailFields = {
  ...volumeFields,
  given: z.exactOptional(options).check(z.describe('The options that the creator gave.')),
  holders: list(holder),
  member: z.exactOptional(z.string()).check(z.describe('Of a joint driver: the member that has it.')),
  catalogAge: z.exactOptional(milliseconds),
  health: z.exactOptional(health),
  usage: z.exactOptional(usage),
  details: z.exactOptional(options).check(z.describe('Where the data is and who has it, as last seen.')),
  mustRestart: z.exactOptional(list(mountUser)).check(z.describe('Users of a dead mount of the volume.')),
  unmountsPending: z.exactOptional(list(z.string())),
};
export const volume = z.object(volumeFields).register(z.globalRegistry, { id: 'Volume' });
export const volumeDetails = z.object(volumeDetailFields).register(z.globalRegistry, { id: 'VolumeDetails' });
export const unusedVolume = z
  .object({ ...volumeDetailFields, lastUsed: z.exactOptional(time) })
  .register(z.globalRegistry, { id: 'UnusedVolume', description: 'A volume that no host is known to use.' });
export const removedVolume = z
  .object({
    driver: z.string(),
    name: z.string(),
    id: z.string(),
    removedAt: time,
    purgeAfter: z
      .exactOptional(time)
      .check(z.describe('Absent: the data is kept until an operator decides.')),
  })
  .register(z.globalRegistry, { id: 'RemovedVolume' });

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
    steps: list(z.object({ act: z.enum(foreseenActs), about: z.string() })).check(
      z.describe('In order; none if nothing is left to do.'),
    ),
    volume: z
      .exactOptional(volume)
      .check(z.describe('After a create, an undelete, a growth or another change.')),
  })
  .register(z.globalRegistry, {
    id: 'Foreseen',
    description: 'What a call would do. One that would be refused is refused.',
  });

const user = z
  .object({
    kind: z.enum(['container', 'task', 'process', 'mount']),
    mountpoint: z.string(),
    id: z.exactOptional(z.string()),
    engine: z.exactOptional(z.string()),
    name: z.exactOptional(z.string()),
    state: z.exactOptional(z.string()),
    pid: z.exactOptional(z.number()),
    command: z.exactOptional(z.string()),
  })
  .register(z.globalRegistry, { id: 'User', description: 'Who prevents the removal of a volume.' });
export const users = z
  .object({
    driver: z.string(),
    name: z.string(),
    usedBy: list(user),
    notes: list(z.string()).check(z.describe('Engines that did not answer in time.')),
  })
  .register(z.globalRegistry, { id: 'Users' });

export type VolumeAnswer = z.output<typeof volume>;
export type VolumeDetailsAnswer = z.output<typeof volumeDetails>;
export type UnusedAnswer = z.output<typeof unusedVolume>;
export type RemovedAnswer = z.output<typeof removedVolume>;
export type UsersAnswer = z.output<typeof users>;
