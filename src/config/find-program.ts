import { accessSync, constants, realpathSync } from 'node:fs';

/** The file that a shell would run for a name, without symlinks; undefined for none. */
export function findProgram(name: string, path = process.env.PATH ?? ''): string | undefined {
  for (const folder of path.split(':').filter((each) => each.startsWith('/'))) {
    try {
      const file = `${folder}/${name}`;
      accessSync(file, constants.X_OK);
      return realpathSync.native(file);
    } catch {
      // Not in this one.
    }
  }
  return undefined;
}
