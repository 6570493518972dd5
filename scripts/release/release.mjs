// Makes all that is released, in one folder, reproducibly:
// `npm run release [-- --output FOLDER] [--compression none] [--level 0]`.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { packagedVersion } from './node.mjs';
import { sbom, shippedPackages } from './shipped.mjs';

const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const { values } = parseArgs({
  options: {
    output: { type: 'string', default: join(project, 'build/release') },
    compression: { type: 'string', default: 'xz' },
    level: { type: 'string', default: '6' },
  },
});
const output = resolve(values.output);
/** The commit's, unless given. */
const time = process.env.SOURCE_DATE_EPOCH ?? run('git', ['log', '-1', '--format=%ct'], process.env);

mkdirSync(output, { recursive: true });
if (readdirSync(output).length > 0) throw new Error(`${output} is not empty: give another folder.`);
const tarballs = ['x64', 'arm64'].map((arch) =>
  made('scripts/tarball.mjs', '--output', output, '--arch', arch),
);
const compressed = ['--compression', values.compression, '--level', values.level];
for (const tarball of tarballs) made('scripts/release/deb.mjs', '--output', output, ...compressed, tarball);
const [first = ''] = tarballs;
made('scripts/release/npm-package.mjs', '--output', output, first);
const parts = sbom(project, shippedPackages(first), { node: packagedVersion, time: Number(time) });
const name = basename(first).replace(/-linux.*/, '');
writeFileSync(join(output, `${name}.cdx.json`), `${parts}\n`);
writeFileSync(join(output, 'SHA256SUMS'), readdirSync(output).sort().map(checksum).join(''));

/** Runs a script that prints the file that it made, with its size. */
function made(script, ...words) {
  const text = printed(process.execPath, join(project, script), ...words);
  process.stdout.write(`${text}\n`);
  return text.replace(/: [\d.]+ MB$/, '');
}

function printed(program, ...words) {
  return run(program, words, { ...process.env, SOURCE_DATE_EPOCH: time });
}

function run(program, words, env) {
  return execFileSync(program, words, { cwd: project, env, encoding: 'utf8', maxBuffer: 64e6 }).trim();
}

function checksum(file) {
  const hash = createHash('sha256')
    .update(readFileSync(join(output, file)))
    .digest('hex');
  return `${hash}  ${file}\n`;
}
