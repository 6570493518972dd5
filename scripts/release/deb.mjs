// Makes a Debian package of a tarball, reproducibly:
// `node scripts/release/deb.mjs --output FOLDER [--compression none] [--level 0] TARBALL`.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { unpackNode } from './node.mjs';

const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const templates = join(project, 'scripts/release/debian');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    output: { type: 'string' },
    compression: { type: 'string', default: 'xz' },
    level: { type: 'string', default: '6' },
  },
});
const [tarball = ''] = positionals;
const [, version, arch] = /^holdfast-(.+)-linux-(x64|arm64)\.tar\.gz$/.exec(basename(tarball)) ?? [];
if (version === undefined) throw new Error('Give the tarball, for example holdfast-0.1.0-linux-x64.tar.gz.');
const debianArch = { x64: 'amd64', arm64: 'arm64' }[arch];
const time = Number(process.env.SOURCE_DATE_EPOCH ?? 0);

mkdirSync(values.output, { recursive: true });
const work = mkdtempSync(join(values.output, 'deb-'));
try {
  const root = join(work, 'root');
  placeProgram(root);
  placeDocuments(root);
  placeControl(root);
  settle(root);
  const file = join(resolve(values.output), `holdfast_${version}_${debianArch}.deb`);
  const how = ['--root-owner-group', `-Z${values.compression}`, `-z${values.level}`, '--build'];
  execFileSync('dpkg-deb', [...how, root, file], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(time) },
  });
  process.stdout.write(`${file}: ${(lstatSync(file).size / 1e6).toFixed(1)} MB\n`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** The tarball's program with a Node beside it, and the names that users, shells and man(1) look for. */
function placeProgram(root) {
  const home = join(root, 'usr/lib/holdfast');
  mkdirSync(home, { recursive: true });
  execFileSync('tar', ['-xzf', resolve(tarball), '-C', home, '--strip-components=1', '--no-same-owner']);
  rmSync(join(home, 'units'), { recursive: true });
  const node = unpackNode(project, arch);
  mkdirSync(join(home, 'bin'));
  renameSync(join(node, 'bin/node'), join(home, 'bin/node'));
  cpSync(join(node, 'LICENSE'), join(home, 'node-LICENSE'));
  rmSync(node, { recursive: true });
  for (const program of ['main.js', 'dvdcli/main.js']) runByOwnNode(join(home, 'dist', program));
  link(root, 'usr/bin/holdfast', '../lib/holdfast/dist/main.js');
  const share = '../../../lib/holdfast/dist/share';
  link(root, 'usr/share/bash-completion/completions/holdfast', `${share}/holdfast.bash`);
  link(root, 'usr/share/zsh/vendor-completions/_holdfast', `${share}/holdfast.zsh`);
  link(root, 'usr/share/fish/vendor_completions.d/holdfast.fish', `${share}/holdfast.fish`);
  place(root, 'usr/share/man/man1/holdfast.1.gz', gzipped(readFileSync(join(home, 'dist/share/holdfast.1'))));
  rmSync(join(home, 'dist/share/holdfast.1'));
}

/** What documents a package, where Debian expects it. */
function placeDocuments(root) {
  const home = join(root, 'usr/lib/holdfast');
  const documents = 'usr/share/doc/holdfast';
  mkdirSync(join(root, documents), { recursive: true });
  for (const name of ['docs', 'README.md', 'NOTICE', 'LICENSES.txt'])
    renameSync(join(home, name), join(root, documents, name));
  renameSync(join(home, 'node-LICENSE'), join(root, documents, 'node-LICENSE'));
  place(root, `${documents}/CHANGELOG.md.gz`, gzipped(readFileSync(join(home, 'CHANGELOG.md'))));
  place(root, `${documents}/changelog.gz`, gzipped(template('changelog')));
  for (const name of ['CHANGELOG.md', 'LICENSE']) rmSync(join(home, name));
  place(root, `${documents}/copyright`, template('copyright'));
  place(root, 'usr/share/lintian/overrides/holdfast', template('lintian-overrides'));
  place(root, 'etc/holdfast/config.yaml', template('config.yaml'));
}

function placeControl(root) {
  place(root, 'DEBIAN/conffiles', '/etc/holdfast/config.yaml\n');
  for (const script of ['postinst', 'prerm', 'postrm']) {
    place(root, `DEBIAN/${script}`, template(script));
    chmodSync(join(root, 'DEBIAN', script), 0o755);
  }
  const paths = below(root).filter((path) => !path.startsWith(join(root, 'DEBIAN')));
  const files = paths.filter((path) => lstatSync(path).isFile());
  const sums = files.map((path) => path.slice(root.length + 1)).sort();
  const md5sums = execFileSync('md5sum', ['--', ...sums], { cwd: root, maxBuffer: 64e6 });
  place(root, 'DEBIAN/md5sums', md5sums);
  const size = paths.reduce((sum, path) => sum + Math.max(1, Math.ceil(lstatSync(path).size / 1024)), 0);
  place(root, 'DEBIAN/control', template('control', { size: String(size) }));
}

/** The same modes and times for each build. */
function settle(root) {
  for (const path of [...below(root), root]) {
    const facts = lstatSync(path);
    if (facts.isSymbolicLink()) continue;
    const runs = facts.isDirectory() || ((facts.mode & 0o100) !== 0 && !path.endsWith('.node'));
    chmodSync(path, runs ? 0o755 : 0o644);
    utimesSync(path, time, time);
  }
}

function below(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true }).map((entry) =>
    join(entry.parentPath ?? entry.path, entry.name),
  );
}

function runByOwnNode(file) {
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(/^#!.*/, '#!/usr/lib/holdfast/bin/node'));
}

function template(name, more = {}) {
  const words = {
    version,
    arch: debianArch,
    date: new Date(time * 1000).toUTCString().replace('GMT', '+0000'),
  };
  return readFileSync(join(templates, name), 'utf8').replace(
    /@(\w+)@/g,
    (_, key) => ({ ...words, ...more })[key],
  );
}

function place(root, path, content) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

function link(root, path, target) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  symlinkSync(target, join(root, path));
}

function gzipped(input) {
  return execFileSync('gzip', ['--no-name', '--best'], { input, maxBuffer: 64e6 });
}
