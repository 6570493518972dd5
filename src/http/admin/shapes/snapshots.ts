import * as z from 'zod';
import { consistency, options, time } from './common.ts';
import { removedVolume } from './volumes.ts';

export const snapshot = z
  .object({
    driver: z.string(),
    volume: z.string(),
    name: z.string(),
    id: z.string().exactOptional(),
    createdAt: time.exactOptional(),
    consistency: consistency.exactOptional(),
    progress: z
      .number()
      .min(0)
      .max(100)
      .exactOptional()
      .describe(
        'How much the storage has copied, in percent; absent once it is complete. The data is that of its moment.',
      ),
    copiedFrom: z.string().exactOptional().describe('Where it was made, if it is a copy from elsewhere.'),
    options: options.exactOptional().describe('Those of the volume at that time.'),
    unreadable: z
      .string()
      .exactOptional()
      .describe('Why the record cannot be read, and the way out; all but the names is then absent.'),
  })
  .meta({ id: 'Snapshot' });
export const snapshotCopy = z
  .object({
    driver: z.string(),
    volume: z.string(),
    name: z.string(),
    id: z.string().describe("The copy's ID in the storage there."),
    place: z.string(),
    progress: z.number().min(0).max(100).exactOptional().describe('As for a snapshot.'),
  })
  .meta({ id: 'SnapshotCopy' });
export const rolledBack = z
  .object({
    driver: z.string(),
    name: z.string(),
    snapshot: z.string(),
    kept: removedVolume.describe('What the volume had before: it can be brought back.'),
  })
  .meta({ id: 'RolledBack' });

export type SnapshotAnswer = z.output<typeof snapshot>;
