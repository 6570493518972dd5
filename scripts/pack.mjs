// Puts the built program and what it needs to run, and nothing else, into a folder: `node scripts/pack.mjs FOLDER`.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = dirname(dirname(fileURLToPath(import.meta.url)));
/** Types, maps, pages, sources of other languages, and what a package ships beside the form that Node loads. */
const unused =
  /(\.(map|md|d\.[cm]?ts|ts|flow|cc|hh|h|S|asm|inc)|\/(dist-es|dist-types)|\/zod\/src|\/koffi\/(doc|vendor))$/;

const [target = ''] = process.argv.slice(2);
if (target === '') throw new Error('Say where to: node scripts/pack.mjs FOLDER');
const folder = resolve(target);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const file of ['dist', 'package.json', 'LICENSE']) copy(file);
for (const path of neededPackages()) copy(path);

/** Of the lock file, those that are not for development, for this platform. */
function neededPackages() {
  const { packages } = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8'));
  return Object.keys(packages).filter((path) => {
    const { dev, devOptional } = packages[path];
    return path !== '' && !dev && !devOptional && existsSync(join(project, path));
  });
}

/** Packages inside a package have an entry of their own. */
function copy(path) {
  const source = join(project, path);
  const inner = join(source, 'node_modules');
  const filter = (file) => file !== inner && !unused.test(file);
  cpSync(source, join(folder, path), { recursive: true, preserveTimestamps: true, filter });
}
