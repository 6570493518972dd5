import { accessSync, constants, cpSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Needs {
  readonly programs: readonly string[];
  readonly paths: readonly string[];
}

/** What this machine lacks for a benchmark; undefined if nothing. */
export function lacking({ programs, paths }: Needs): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const isInstalled = (program: string) => folders.some((folder) => isThere(join(folder, program), 'run'));
  return programs.find((program) => !isInstalled(program)) ?? paths.find((path) => !isThere(path, 'be'));
}

function isThere(path: string, wish: 'run' | 'be'): boolean {
  try {
    accessSync(path, wish === 'run' ? constants.X_OK : constants.F_OK);
    return true;
  } catch {
    return false;
  }
}

/** Copies the lab's scripts to its compiled modules, which expect them beside themselves. */
export function placeLabScripts(): void {
  const beside = fileURLToPath(new URL('../lab', import.meta.url));
  const isScript = (path: string) => statSync(path).isDirectory() || !path.endsWith('.ts');
  cpSync(join(process.cwd(), 'test/lab'), beside, { recursive: true, filter: isScript });
}
