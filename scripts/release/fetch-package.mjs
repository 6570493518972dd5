// Fetches a package of npm, once, and checks that it is the one that was meant.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Unpacks `wanted` (name, version, integrity) to a new folder, and returns it. Only `files`, unless there are none. */
export function unpackPackage(project, wanted, files = []) {
  const file = fetchPackage(project, wanted);
  const folder = file.replace(/\.tgz$/, `.${process.pid}`);
  mkdirSync(folder);
  try {
    const members = files.map((name) => `package/${name}`);
    execFileSync('tar', ['-xzf', file, '-C', folder, '--strip-components=1', '--no-same-owner', ...members]);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return folder;
}

/** The package's file in `build/packages`. */
function fetchPackage(project, { name, version, integrity }) {
  const folder = join(project, 'build/packages');
  const file = join(folder, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
  if (existsSync(file) && integrityOf(file) === integrity) return file;
  const work = join(folder, `.${process.pid}`);
  mkdirSync(work, { recursive: true });
  try {
    const words = ['pack', `${name}@${version}`, '--silent', '--ignore-scripts', '--pack-destination', work];
    const packed = execFileSync('npm', words, { cwd: project, encoding: 'utf8' }).trim();
    const found = integrityOf(join(work, packed));
    if (found !== integrity)
      throw new Error(`${name} ${version} has the checksum ${found}, not ${integrity}.`);
    renameSync(join(work, packed), file);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return file;
}

function integrityOf(file) {
  return `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
}
