import * as z from 'zod/mini';
import { isWithin, overlap } from '../../core/paths.ts';
import { removalSettings, understood } from '../shared/options/settings.ts';
import { pathValue } from '../shared/options/values.ts';

const absolutePath = understood(pathValue);

export const localSettings = z
  .strictObject({
    root: z
      ._default(absolutePath, '/var/lib/holdfast/volumes')
      .check(z.describe('The directory with the volumes and their registry. Created if missing.')),
    allowedRoots: z
      ._default(z.array(absolutePath), [])
      .check(
        z.describe(
          'Directories below which the option `path` may name an existing directory. None by default.',
        ),
      ),
    requireMount: z
      ._default(z.union([z.boolean(), absolutePath, z.array(absolutePath)]), false)
      .check(
        z.describe(
          'A mountpoint, or a list of them, that must be mounted before anything in it is used: `true` for `root` itself, or a path ' +
            'above the root or above a directory to adopt. Without it an unmounted data disk looks like an empty root.',
        ),
      ),
    ...removalSettings,
  })
  .check(
    z.superRefine(({ root, allowedRoots, requireMount }, context) => {
      const needed = typeof requireMount === 'boolean' ? [] : [requireMount].flat();
      const isOfUse = (path: string) =>
        isWithin(root, path) || allowedRoots.some((allowed) => overlap(allowed, path));
      if (needed.every(isOfUse)) return;
      const message = `must be true, or the root (${root}) or a directory above it, or one above or below one of allowedRoots`;
      context.addIssue({ code: 'custom', path: ['requireMount'], message });
    }),
  );

export type LocalSettings = z.infer<typeof localSettings>;

/** The mountpoints that must be mounted before anything in them is used. */
export function requiredMounts({ root, requireMount }: LocalSettings): readonly string[] {
  if (typeof requireMount === 'boolean') return requireMount ? [root] : [];
  return [requireMount].flat();
}

/**
 * The mountpoints in `requireMount`, and the allowed roots below them. Other allowed roots may be on removable disks, and the daemon
 * must start without them.
 */
export function neededMounts({ requireMount, allowedRoots }: LocalSettings): readonly string[] {
  const named = typeof requireMount === 'boolean' ? [] : [requireMount].flat();
  return [...named, ...allowedRoots.filter((path) => named.some((above) => isWithin(path, above)))];
}
