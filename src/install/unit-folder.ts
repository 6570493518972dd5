import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileStep } from './plan.ts';
import type { UnitFile } from './unit-file.ts';
import { isUnitName } from './units.ts';

/** The folder of the administrator's units: see systemd.unit(5). */
export function unitFolder(root: string): string {
  return join(root, 'etc/systemd/system');
}

/** The files there that have a name of Holdfast's units. */
export async function readUnits(folder: string): Promise<readonly UnitFile[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const ours = names.filter(isUnitName).sort();
  return Promise.all(ours.map(async (name) => ({ name, text: await readFile(join(folder, name), 'utf8') })));
}

/** Writes and removes files. Each file is replaced atomically. */
export async function takeSteps(folder: string, steps: readonly FileStep[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const step of steps) {
    const path = join(folder, step.name);
    if (step.action === 'remove') await rm(path, { force: true });
    if (step.action !== 'write') continue;
    await writeFile(`${path}.new`, step.text, { mode: 0o644 });
    await rename(`${path}.new`, path);
  }
}
