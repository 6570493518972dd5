// Makes a fresh clone ready: installs what is missing and builds what is out of date; with nothing to do it is done at once.
import {
  chmodSync,
  existsSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = dirname(dirname(fileURLToPath(import.meta.url)));
const inProject = (...names) => join(project, ...names);
/** npm writes this file last. */
const installed = inProject('node_modules', '.package-lock.json');

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(
    `Holdfast needs Node 20.19 or newer; this is ${process.versions.node}. See https://nodejs.org/en/download.`,
  );
}
if (!isInstalled() || !isBuilt()) {
  const unlock = await lock();
  try {
    // Another one may have done it meanwhile.
    if (!isInstalled()) await install();
    if (!isBuilt()) await build();
  } catch (error) {
    fail(error.message);
  } finally {
    unlock();
  }
}

function isInstalled() {
  return timeOf(installed) >= timeOf(inProject('package-lock.json'));
}

function isBuilt() {
  const built = timeOf(inProject('dist', '.built'));
  return built > 0 && newest(inProject('src')) < built && newestConfig() < built;
}

async function install() {
  say('Installing what Holdfast needs: this takes a minute, once...');
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
  // Also where NODE_ENV=production: the compiler is among the development's packages.
  await run([...npm, 'ci', '--include=dev', '--no-audit', '--no-fund'], 'npm ci failed: see above.');
  await giveToOwner('node_modules');
}

/** Built aside and put in place when it is whole: somebody may be running what is there. */
async function build() {
  say('Building Holdfast...');
  const started = new Date();
  const aside = join('build', `dist.${process.pid}`);
  const tsc = inProject('node_modules', '.bin', 'tsc');
  try {
    await run([tsc, '-p', 'tsconfig.build.json', '--outDir', aside], 'The build failed: see above.');
    for (const program of ['main.js', 'dvdcli/main.js']) chmodSync(inProject(aside, program), 0o755);
    writeFileSync(inProject(aside, '.built'), '');
    // What is changed during the build is built again the next time.
    utimesSync(inProject(aside, '.built'), started, started);
    rmSync(inProject('dist'), { recursive: true, force: true });
    renameSync(inProject(aside), inProject('dist'));
  } finally {
    rmSync(inProject(aside), { recursive: true, force: true });
  }
  await giveToOwner('build');
  await giveToOwner('dist');
}

/** The kernel gives the name to one process of the machine, and frees it however that one ends. */
async function lock() {
  const [{ createServer }, { createHash }] = await Promise.all([import('node:net'), import('node:crypto')]);
  const name = `\0holdfast-ready-${createHash('sha256').update(project).digest('hex').slice(0, 32)}`;
  for (;;) {
    const server = createServer();
    const isOurs = await new Promise((resolve, reject) => {
      server.once('error', (error) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)));
      server.listen(name, () => resolve(true));
    });
    if (isOurs) return () => server.close();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Quiet, unless it fails: then with all it said. */
async function run([program, ...words], complaint) {
  const { spawn } = await import('node:child_process');
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => said.push(chunk));
    child.on('error', (error) => reject(new Error(`${program} cannot be run: ${error.message}`)));
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${Buffer.concat(said)}\n${complaint}`));
    });
  });
}

/** `sudo npm start` in somebody's clone leaves nothing there that only root can replace. */
async function giveToOwner(name) {
  const { uid, gid } = statSync(project);
  if (process.geteuid?.() !== 0 || uid === 0) return;
  const { spawnSync } = await import('node:child_process');
  spawnSync('chown', ['-R', `${uid}:${gid}`, inProject(name)]);
}

/** Of a folder and all in it; a folder's own time tells of what was deleted. */
function newest(folder) {
  let time = timeOf(folder);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    time = Math.max(time, entry.isDirectory() ? newest(path) : timeOf(path));
  }
  return time;
}

function newestConfig() {
  return Math.max(...['tsconfig.json', 'tsconfig.build.json'].map((name) => timeOf(inProject(name))));
}

function timeOf(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0;
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}
