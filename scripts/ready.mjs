// Prepares a clone: installs missing dependencies, and builds if the build is outdated. Does nothing if everything is up to date.
import { existsSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
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
    // Another process may have done it meanwhile.
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
  return built > 0 && ['src', 'scripts'].every((name) => newest(inProject(name)) < built);
}

async function install() {
  say('Installing dependencies (takes about a minute, only once)...');
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
  // Even with NODE_ENV=production: the compiler is a development dependency.
  await run([...npm, 'ci', '--include=dev', '--no-audit', '--no-fund'], 'npm ci failed: see above.');
  await giveToOwner('node_modules');
}

/** Builds into another folder and renames it when complete: the current build may be running. */
async function build() {
  say('Building Holdfast...');
  const started = new Date();
  const aside = join('build', `dist.${process.pid}`);
  const script = (name, ...words) =>
    run([process.execPath, inProject('scripts', name), ...words], 'The build failed: see above.');
  try {
    await script('bundle.mjs', aside);
    rmSync(inProject('dist'), { recursive: true, force: true });
    renameSync(inProject(aside), inProject('dist'));
    // The program looks for package.json beside its folder.
    await script('shell-files.mjs', inProject('dist'));
    // V8 keeps the compiled code with the name of the file, so it is compiled in its place.
    await run([process.execPath, inProject('dist/main.js'), '__compile'], 'The build failed: see above.');
    writeFileSync(inProject('dist', '.built'), '');
    // Files that change during the build are built again the next time.
    utimesSync(inProject('dist', '.built'), started, started);
  } finally {
    rmSync(inProject(aside), { recursive: true, force: true });
  }
  await giveToOwner('build');
  await giveToOwner('dist');
}

/** A lock: the kernel gives the name to one process of the machine, and frees it when that process ends. */
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

/** Prints the output only on failure. */
async function run([program, ...words], complaint) {
  const { spawn } = await import('node:child_process');
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => said.push(chunk));
    child.on('error', (error) => reject(new Error(cannotRun(program, error))));
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${Buffer.concat(said)}\n${complaint}`));
    });
  });
}

function cannotRun(program, error) {
  return error.code === 'ENOENT'
    ? `The program \`${program}\` is not installed: install it (npm comes with Node), or run \`npm start\`.`
    : `\`${program}\` cannot be run: ${error.message}`;
}

/** `sudo npm start` in a user's clone must not leave files that belong to root. */
async function giveToOwner(name) {
  const { uid, gid } = statSync(project);
  if (process.geteuid?.() !== 0 || uid === 0) return;
  const { spawnSync } = await import('node:child_process');
  spawnSync('chown', ['-R', `${uid}:${gid}`, inProject(name)]);
}

/** The newest time in a folder, including the folder's own, which changes when a file is deleted. */
function newest(folder) {
  let time = timeOf(folder);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    time = Math.max(time, entry.isDirectory() ? newest(path) : timeOf(path));
  }
  return time;
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
