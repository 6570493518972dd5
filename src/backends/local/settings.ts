import { z } from 'zod';
import { parseDuration } from '../../core/durations.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { pathValue } from '../shared/option-values.ts';
import { removals } from '../shared/removal.ts';

/** A string that a function of the core understands; its VolumeError becomes the schema's message. */
function understood<T>(parse: (text: string) => T): z.ZodType<T, string> {
  return z.string().transform((text, context): T => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof VolumeError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  });
}

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
    onRemove: z
      .enum(removals)
      .default('trash')
      .describe(
        '`trash` hides the data and deletes it after `trashRetention`, `delete` deletes it at once, `retain` leaves it in place.',
      ),
    trashRetention: understood(parseDuration)
      .default(parseDuration('24h'))
      .describe('How long removed volumes can be brought back, such as 24h or 7d.'),
  })
  .superRefine(({ root, requireMount }, context) => {
    if (typeof requireMount === 'boolean' || isWithin(root, requireMount)) return;
    const message = `must be true, or the root (${root}) or a directory above it`;
    context.addIssue({ code: 'custom', path: ['requireMount'], message });
  });

export type LocalSettings = z.infer<typeof localSettings>;

/** Throws `invalid`, naming the driver and each key that does not fit. */
export function parseLocalSettings(
  driver: string,
  settings: Readonly<Record<string, unknown>>,
): LocalSettings {
  const result = localSettings.safeParse(settings);
  if (result.success) return result.data;
  const reasons = result.error.issues.map((issue) => [...issue.path, issue.message].join(': '));
  throw new VolumeError(
    'invalid',
    `The settings of driver ${driver} do not fit its local backend: ${reasons.join('; ')}.`,
  );
}

/** True for the directory itself and all below it. Both are canonical. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}
