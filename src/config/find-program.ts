import { accessSync, constants, realpathSync } from 'node:fs';
import { join } from 'node:path';

/** The file that a shell would run for a name, without symlinks; undefined for none. */
export function findProgram(name: string, path = process.env.PATH ?? ''): string | undefined {
  for (const folder of path.split(':').filter((each) => each.startsWith('/'))) {
    try {
      const file = join(folder, name);
      accessSync(file, constants.X_OK);
      return realpathSync(file);
    } catch {
      // Not in this one.
    }
  }
  return undefined;
}
