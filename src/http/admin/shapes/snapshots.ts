import * as z from 'zod/mini';
import { consistency, options, time } from './common.ts';
import { removedVolume } from './volumes.ts';

export const snapshot = z
  .object({
    driver: z.string(),
    volume: z.string(),
    name: z.string(),
    id: z.exactOptional(z.string()),
    createdAt: z.exactOptional(time),
    consistency: z.exactOptional(consistency),
    progress: z
      .exactOptional(z.number().check(z.minimum(0), z.maximum(100)))
      .check(
        z.describe(
          'How much the storage has copied, in percent; absent once it is complete. The data is that of its moment.',
        ),
      ),
    copiedFrom: z
      .exactOptional(z.string())
      .check(z.describe('Where it was made, if it is a copy from elsewhere.')),
    options: z.exactOptional(options).check(z.describe('Those of the volume at that time.')),
    unreadable: z
      .exactOptional(z.string())
      .check(z.describe('Why the record cannot be read, and the way out; all but the names is then absent.')),
  })
  .register(z.globalRegistry, { id: 'Snapshot' });
export const snapshotCopy = z
  .object({
    driver: z.string(),
    volume: z.string(),
    name: z.string(),
    id: z.string().check(z.describe("The copy's ID in the storage there.")),
    place: z.string(),
    progress: z
      .exactOptional(z.number().check(z.minimum(0), z.maximum(100)))
      .check(z.describe('As for a snapshot.')),
  })
  .register(z.globalRegistry, { id: 'SnapshotCopy' });
export const rolledBack = z
  .object({
    driver: z.string(),
    name: z.string(),
    snapshot: z.string(),
    kept: removedVolume.check(z.describe('What the volume had before: it can be brought back.')),
  })
  .register(z.globalRegistry, { id: 'RolledBack' });

export type SnapshotAnswer = z.output<typeof snapshot>;
