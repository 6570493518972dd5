import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { currentFormat } from '../../../src/core/decisions/known-format.ts';
import { output } from '../run.ts';

const project = new URL('../../../', import.meta.url).pathname;

/**
 * The program as it was at a commit, built into the folder, with the packages of this clone. Needs the clone's whole history:
 * `git fetch --unshallow`.
 */
export async function earlierVersion(commit: string, folder: string): Promise<string> {
  await mkdir(folder);
  const git = `git -c safe.directory='*' -C ${project} archive ${commit}`;
  await output('sh', ['-ec', `${git} > ${folder}.tar && tar -xf ${folder}.tar -C ${folder}`]);
  return built(folder);
}

/** This program, but what it writes to state files and records has the next format, which this one refuses. */
export async function nextVersion(folder: string): Promise<string> {
  await mkdir(folder);
  for (const name of ['src', 'scripts', 'package.json', 'CHANGELOG.md', 'docs'])
    await cp(`${project}${name}`, join(folder, name), { recursive: true });
  const next = currentFormat + 1;
  const changes: Readonly<Record<string, (text: string) => string>> = {
    'known-format.ts': (text) => text.replace(`currentFormat = ${currentFormat}`, `currentFormat = ${next}`),
    'record-text.ts': (text) =>
      text.replace('JSON.stringify(record)', `JSON.stringify((record = { ...record, format: ${next} }))`),
  };
  let changed = 0;
  for (const file of await sourcesOf(join(folder, 'src'))) {
    const before = await readFile(file, 'utf8');
    const change = changes[file.slice(file.lastIndexOf('/') + 1)] ?? ((text: string) => text);
    // What it reads is of either format.
    const after = change(before).replaceAll('format: z.literal(1)', 'format: z.number()');
    if (after !== before) changed += 1;
    if (after !== before) await writeFile(file, after);
  }
  if (changed < 4)
    throw new Error('The places where formats are written are others now: see `known-format.ts`.');
  return built(folder);
}

async function sourcesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

/** The path of its main file. */
async function built(folder: string): Promise<string> {
  await symlink(`${project}node_modules`, join(folder, 'node_modules'));
  const script = pathToFileURL(join(folder, 'scripts/bundle.mjs')).href;
  const program = `const { bundle } = await import('${script}'); await bundle('${folder}', '${folder}/dist');`;
  // Scripts that may be run by themselves look at their first argument.
  await output(process.execPath, ['--input-type=module', '--eval', program, 'bundle'], { within: 300_000 });
  return join(folder, 'dist/main.js');
}
