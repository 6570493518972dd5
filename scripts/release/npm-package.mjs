// Makes the npm package of a tarball: `node scripts/release/npm-package.mjs --output FOLDER TARBALL`. Reproducible.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { output: { type: 'string' } },
});
const [tarball = ''] = positionals;
mkdirSync(values.output, { recursive: true });
const work = mkdtempSync(join(values.output, 'npm-'));
try {
  execFileSync('tar', ['-xzf', resolve(tarball), '-C', work, '--strip-components=1', '--no-same-owner']);
  writeAbout(work);
  for (const name of ['node_modules', 'units']) rmSync(join(work, name), { recursive: true });
  const words = ['pack', '--silent', '--ignore-scripts', '--pack-destination', resolve(values.output)];
  const name = execFileSync('npm', words, { cwd: work, encoding: 'utf8' }).trim();
  const file = join(resolve(values.output), name);
  process.stdout.write(`${file}: ${(statSync(file).size / 1e6).toFixed(1)} MB\n`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

/**
 * Depends on koffi alone, whose binary is for the machine it is installed on: all else is in the bundle. npm heeds neither a lock
 * file nor `overrides` of a package that it installs, so with dependencies it would take others than were tested.
 */
function writeAbout(folder) {
  const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const koffi = JSON.parse(readFileSync(join(folder, 'node_modules/koffi/package.json'), 'utf8'));
  const { private: _, scripts, devDependencies, overrides, ...rest } = about;
  const files = [...about.files, 'NOTICE', 'LICENSES.txt'];
  const text = JSON.stringify({ ...rest, files, dependencies: { koffi: koffi.version } }, null, 2);
  writeFileSync(join(folder, 'package.json'), `${text}\n`);
}
