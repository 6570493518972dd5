import { z } from 'zod';
import { pathValue } from '../shared/option-values.ts';
import { removalSettings, understood } from '../shared/settings.ts';

const absolutePath = understood(pathValue);

export const localSettings = z
  .strictObject({
    root: absolutePath
      .default('/var/lib/holdfast/volumes')
      .describe('The directory that holds the volumes and their registry. Created when absent.'),
    allowedRoots: z
      .array(absolutePath)
      .default([])
      .describe('Directories below which `-o path=…` may name an existing directory. None by default.'),
    requireMount: z
      .union([z.boolean(), absolutePath])
      .default(false)
      .describe(
        'A mountpoint that must be there before anything is done: `true` for `root` itself, or a path above it. ' +
          'Without it an unmounted data disk looks like an empty root.',
      ),
    ...removalSettings,
  })
  .superRefine(({ root, requireMount }, context) => {
    if (typeof requireMount === 'boolean' || isWithin(root, requireMount)) return;
    const message = `must be true, or the root (${root}) or a directory above it`;
    context.addIssue({ code: 'custom', path: ['requireMount'], message });
  });

export type LocalSettings = z.infer<typeof localSettings>;

/** True for the directory itself and all below it. Both are canonical. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}
