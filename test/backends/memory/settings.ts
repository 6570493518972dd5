import * as z from 'zod/mini';
import { directoryRules } from '../../../src/backends/shared/options/directory-options.ts';
import { removalSettings, understood } from '../../../src/backends/shared/options/settings.ts';
import { createOptionTable } from '../../../src/backends/shared/options/table.ts';
import { pathValue } from '../../../src/backends/shared/options/values.ts';

export const memorySettings = z.strictObject({
  folder: z
    ._default(understood(pathValue), '/dev/shm/holdfast')
    .check(
      z.describe('The directory in memory that holds the volumes and their registry. Created when absent.'),
    ),
  ...removalSettings,
});

export type MemorySettings = z.infer<typeof memorySettings>;

export const memoryOptions = createOptionTable(directoryRules);
