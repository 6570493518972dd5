import { join } from 'node:path';
import type { Files } from '../../../host/host.ts';

/** The name that `Files.writeText` gives a file until it is complete. */
const prefix = '.tmp-';
/** No write takes this long; other hosts may be writing to the same storage. */
const leastAge = 10 * 60_000;

export interface TemporaryFiles {
  /** Deletes leftovers of interrupted writes in this directory: files that an earlier sweep, ten minutes ago, also saw. */
  sweep(directory: string): Promise<void>;
}

export function createTemporaryFiles(
  files: Pick<Files, 'list' | 'facts' | 'removeFile'>,
  now: () => number,
): TemporaryFiles {
  let firstSeen: ReadonlyMap<string, number> = new Map();
  return {
    async sweep(directory) {
      const names = ((await files.list(directory)) ?? []).filter((name) => name.startsWith(prefix));
      const paths = names.map((name) => join(directory, name));
      const elsewhere = [...firstSeen].filter(([path]) => !path.startsWith(`${directory}/`));
      firstSeen = new Map([
        ...elsewhere,
        ...paths.map((path) => [path, firstSeen.get(path) ?? now()] as const),
      ]);
      for (const path of paths) {
        const isOld = now() - (firstSeen.get(path) ?? now()) >= leastAge;
        // Our writes make only plain files.
        if (isOld && (await files.facts(path))?.kind === 'file') await files.removeFile(path);
      }
    },
  };
}
