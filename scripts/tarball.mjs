// Packs everything except Node: `npm run tarball [-- --output FOLDER] [--arch ARCH]`. The result is reproducible.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { bundle } from './bundle.mjs';
import { unpackPackage } from './release/fetch-package.mjs';

const project = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({
  options: {
    output: { type: 'string', default: join(project, 'build') },
    arch: { type: 'string', default: process.arch },
  },
});
const output = resolve(values.output);
const { version } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
const name = `holdfast-${version}-linux-${values.arch}`;

mkdirSync(output, { recursive: true });
const work = mkdtempSync(join(output, 'tarball-'));
try {
  const folder = join(work, name);
  const packages = await bundle(project, join(folder, 'dist'));
  for (const file of ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'NOTICE', 'docs'])
    copy(file, folder);
  const loaded = koffi();
  for (const file of loaded.files) copy(file, folder);
  copyBinaries(folder);
  writeFileSync(join(folder, 'LICENSES.txt'), licences([...packages, ...loaded.packages]));
  await writeUnits(folder);
  execFileSync(process.execPath, [join(project, 'scripts/shell-files.mjs'), join(folder, 'dist')]);
  const file = pack(work);
  process.stdout.write(`${file}: ${(statSync(file).size / 1e6).toFixed(1)} MB\n`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

function copy(file, folder) {
  cpSync(join(project, file), join(folder, file), { recursive: true });
}

/** The parts of koffi needed at run time, without its binaries. */
function koffi() {
  const parts = [
    'package.json',
    'index.cjs',
    'LICENSE.txt',
    'src/koffi/index.cjs',
    'src/koffi/src/static.cjs',
  ];
  return {
    files: parts.map((part) => `node_modules/koffi/${part}`),
    packages: ['node_modules/koffi'],
  };
}

/** koffi's, for glibc and musl. npm has installed only those of this machine's architecture. */
function copyBinaries(folder) {
  const place = `node_modules/@koromix/koffi-linux-${values.arch}`;
  if (existsSync(join(project, place))) return copy(place, folder);
  const { packages } = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8'));
  const locked = packages[place];
  if (locked === undefined) throw new Error(`koffi has no binaries for linux on ${values.arch}.`);
  const unpacked = unpackPackage(project, { ...locked, name: place.replace('node_modules/', '') });
  cpSync(unpacked, join(folder, place), { recursive: true });
  rmSync(unpacked, { recursive: true });
}

/** The licences of the bundled packages. */
function licences(packages) {
  return packages.map(licence).join('\n');
}

function licence(folder) {
  const about = JSON.parse(readFileSync(join(project, folder, 'package.json'), 'utf8'));
  const files = readdirSync(join(project, folder)).filter((each) =>
    /^(licen[cs]e|copying|notice)/i.test(each),
  );
  const texts = files.sort().map((file) => readFileSync(join(project, folder, file), 'utf8').trim());
  return `${'='.repeat(80)}\n${about.name} ${about.version} (${about.license})\n\n${texts.join('\n\n')}\n`;
}

/** Example units for the default configuration and location; `holdfast install` writes the real ones. */
async function writeUnits(folder) {
  const built = join(work, 'units.cjs');
  const contents = `export { loadConfiguration } from './config/load-configuration.ts';
    export { backends } from './backends/index.ts';
    export { unitsFor } from './install/units.ts';`;
  await build({
    absWorkingDir: project,
    stdin: { contents, resolveDir: join(project, 'src'), loader: 'ts' },
    outfile: built,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    external: ['koffi'],
    logLevel: 'error',
  });
  const { loadConfiguration, backends, unitsFor } = await import(pathToFileURL(built).href);
  const defaultFile = join(folder, 'none.yaml');
  const { configuration, roots } = await loadConfiguration({ environment: {}, backends, defaultFile });
  mkdirSync(join(folder, 'units'));
  for (const unit of unitsFor({ configuration, roots, command: ['/opt/holdfast/dist/main.js'] }))
    writeFileSync(join(folder, 'units', unit.name), unit.text);
}

/** Reproducible: sorted, with fixed owner, and SOURCE_DATE_EPOCH as the only time. */
function pack(work) {
  const file = join(output, `${name}.tar.gz`);
  const time = process.env.SOURCE_DATE_EPOCH ?? '0';
  const same = [
    '--sort=name',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    `--mtime=@${time}`,
    '--format=ustar',
  ];
  const modes = '--mode=u=rwX,go=rX';
  const tar = join(work, 'tar');
  execFileSync('tar', [...same, modes, '-C', work, '-cf', tar, name]);
  execFileSync('gzip', ['--no-name', '--best', tar]);
  cpSync(`${tar}.gz`, file);
  return file;
}
