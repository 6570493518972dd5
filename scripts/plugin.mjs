// Builds the managed plugin and creates it in the engine:
// `npm run plugin -- [--push] [--cluster] [--without-devices] [--build-arg KEY=VALUE]... NAME[:TAG]`.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { variants } from './plugin-variants.mjs';

const project = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(project, 'build', 'plugin');
const rootfs = join(folder, 'rootfs');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    push: { type: 'boolean', default: false },
    'build-arg': { type: 'string', multiple: true },
    ...Object.fromEntries(Object.keys(variants).map((flag) => [flag, { type: 'boolean', default: false }])),
  },
});
const [name = '', another] = positionals;
if (name === '' || another !== undefined) {
  fail('Give the name of the plugin, for example: npm run plugin -- registry.example/storage/holdfast:0.1.0');
}

try {
  const image = buildImage(values['build-arg'] ?? []);
  await unpack(image);
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config()));
  docker('plugin', 'create', name, folder);
  if (values.push) docker('plugin', 'push', name);
  say(
    values.push
      ? `Pushed ${name}.`
      : `Created ${name}. Configure it with \`docker plugin set\` if needed, then run \`docker plugin enable ${name}\`.`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function config() {
  const usual = JSON.parse(readFileSync(join(project, 'plugin-config', 'config.json'), 'utf8'));
  const wanted = Object.keys(variants).filter((flag) => values[flag]);
  return wanted.reduce((made, flag) => variants[flag](made), usual);
}

/** The ID of the image. */
function buildImage(settings) {
  say('Building the image...');
  const flags = settings.flatMap((setting) => ['--build-arg', setting]);
  return docker('build', '--quiet', ...flags, project);
}

/** A plugin is created from the files of a container that never runs. */
async function unpack(image) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(rootfs, { recursive: true });
  const container = docker('create', image);
  try {
    await piped(['docker', 'export', container], ['tar', '-x', '-C', rootfs]);
  } finally {
    docker('rm', container);
  }
}

function docker(...words) {
  const { status, stdout, error } = spawnSync('docker', words, {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (error) fail(cannotRun('docker', error));
  if (status !== 0) fail(`docker ${words.join(' ')} failed: see above.`);
  return stdout.trim();
}

function piped([from, ...fromWords], [to, ...toWords]) {
  const reader = spawn(to, toWords, { stdio: ['pipe', 'inherit', 'inherit'] });
  const writer = spawn(from, fromWords, { stdio: ['ignore', reader.stdin, 'inherit'] });
  // Only the writer keeps the pipe open, so that the reader sees its end.
  reader.stdin.destroy();
  return Promise.all([ended(writer, from), ended(reader, to)]);
}

function ended(child, what) {
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new Error(cannotRun(what, error))));
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`${what} ended with ${code}.`))));
  });
}

/** Usually the program is missing. */
function cannotRun(program, error) {
  return error.code === 'ENOENT'
    ? `The program \`${program}\` is not installed: install it, or run this on another machine.`
    : `\`${program}\` cannot be run: ${error.message}`;
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}
