import { join } from 'node:path';
import type { Files } from '../../host/host.ts';

/** What `Files.writeText` names a file until it is whole. */
const prefix = '.tmp-';
/** No write takes as long; other hosts may be writing to the same storage. */
const leastAge = 10 * 60_000;

export interface TemporaryFiles {
  /** Deletes what a crash left of writes in this directory: files that an earlier sweep, ten minutes ago, saw as well. */
  sweep(directory: string): Promise<void>;
}

export function createTemporaryFiles(
  files: Pick<Files, 'list' | 'removeFile'>,
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
        if (now() - (firstSeen.get(path) ?? now()) >= leastAge) await files.removeFile(path);
      }
    },
  };
}
