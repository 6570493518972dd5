// Bundles the program: `node scripts/bundle.mjs FOLDER`. `npm start`, the tarball and the image run the same files.
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';
import { leaveOut } from './left-out.mjs';
import { buildPage } from './page.mjs';

const usual = {
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  // The AWS SDK's CommonJS modules define their exports at run time: an import would find none.
  mainFields: ['module', 'main'],
  // Its modules for browsers are the same, and only those of them that are used get into the bundle.
  alias: { yaml: './node_modules/yaml/browser/dist/index.js' },
  // It has a binary.
  external: ['koffi'],
  plugins: [leaveOut],
  // Names are kept, for stack traces in logs.
  minifyWhitespace: true,
  minifySyntax: true,
  sourcesContent: false,
  metafile: true,
  logLevel: 'warning',
};
/** CommonJS starts faster than ECMAScript modules, and V8 can keep its compiled code on Node 20, too. */
const commonJs = { format: 'cjs', supported: { 'dynamic-import': false } };
const workers = {
  'look-worker': 'src/host/mount-use/look-worker.ts',
  'server-worker': 'src/host/remote/server-worker.ts',
  'manifest-worker': 'src/host/trees/manifest-worker.ts',
  'ask-worker': 'src/engines/ask-worker.ts',
};
/** Large packages that most runs do not need. */
const seldom = /node_modules\/(@aws-sdk|@smithy|@grpc|protobufjs|docker-modem|dockerode|prom-client)\//;

/**
 * Writes the program with its npm packages, except koffi, to the folder. The host's worker threads and helper processes are files
 * of their own, and so is dvdcli, because Mesos runs it once per task and volume. Returns the folders of the bundled packages.
 */
export async function bundle(project, folder) {
  const here = { ...usual, absWorkingDir: project };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }\n');
  const program = await bundleProgram(here, folder);
  const main = await build({
    ...here,
    ...commonJs,
    entryPoints: { main: 'src/main.ts' },
    outdir: folder,
    // Older versions of Node are told by it which one they must be.
    target: 'node12',
    define: { BUNDLE: JSON.stringify(program.name) },
  });
  const asides = await build({
    ...here,
    ...commonJs,
    entryPoints: { ...workers, 'dvdcli/main': 'src/dvdcli/main.ts' },
    outdir: folder,
    define: { 'import.meta.dirname': '__dirname', 'import.meta.url': 'moduleUrl' },
    banner: { js: 'const moduleUrl=require("node:url").pathToFileURL(__filename).href;' },
  });
  for (const each of ['main.js', 'dvdcli/main.js']) chmodSync(join(folder, each), 0o755);
  const page = await buildPage(project, folder);
  const outputs = [program, main, asides, page].flatMap(({ metafile }) => Object.values(metafile.outputs));
  const inputs = outputs.flatMap((output) => Object.keys(output.inputs));
  const packages = inputs.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  return [...new Set(packages.filter((name) => name !== undefined))].sort();
}

/**
 * One file with a function for each part, which runs when it is first needed: V8 keeps the compiled code of one file together, and
 * makes no function of a part that does not run.
 */
async function bundleProgram(here, folder) {
  const built = await build({
    ...here,
    entryPoints: { program: 'src/command-line.ts' },
    // The same for every folder: names of files contain the hash of their source maps.
    outdir: 'build/bundle',
    write: false,
    format: 'esm',
    splitting: true,
    sourcemap: 'inline',
    define: { 'import.meta.dirname': 'moduleFolder', 'import.meta.url': 'moduleUrl' },
  });
  const parts = await Promise.all(built.outputFiles.map(asFunction));
  const { outputs } = built.metafile;
  const isSeldom = ({ name }) => {
    const output = Object.entries(outputs).find(([path]) => basename(path) === name)?.[1];
    return Object.keys(output.inputs).some((file) => seldom.test(file));
  };
  for (const part of parts.filter(isSeldom)) write(folder, part.name, `(${part.code})`, part.map);
  const { code, map } = joined(parts.filter((part) => !isSeldom(part)));
  const name = `holdfast-${createHash('sha256').update(code).digest('hex').slice(0, 12)}.js`;
  write(folder, name, code, map);
  return { name, metafile: built.metafile };
}

async function asFunction({ path, text }) {
  const { code, map } = await transform(text, {
    ...commonJs,
    platform: 'node',
    target: usual.target,
    minifyWhitespace: true,
    sourcemap: 'external',
    sourcesContent: false,
    sourcefile: basename(path),
    banner: 'function(exports,require,module,moduleFolder,moduleUrl){',
    footer: '}',
  });
  return { name: basename(path), code: code.trimEnd(), map: fromProject(JSON.parse(map)) };
}

/** Sources have their paths in the project. What esbuild adds before the first of them has none. */
function fromProject({ sources, mappings, ...map }) {
  const start = mappings.startsWith(';') ? 'A' : 'A,';
  return {
    ...map,
    sources: sources.map((source) => source.replace(/^(\.\.\/)+/, '')),
    mappings: `${start}${mappings}`,
  };
}

/** An object of the parts' functions, and an indexed source map of it. */
function joined(parts) {
  const sections = [];
  let code = '({';
  for (const part of parts) {
    code += `${JSON.stringify(`./${part.name}`)}:\n`;
    sections.push({ offset: { line: code.split('\n').length - 1, column: 0 }, map: part.map });
    code += `${part.code},\n`;
  }
  return { code: `${code}})\n`, map: { version: 3, sections } };
}

function write(folder, name, code, map) {
  writeFileSync(join(folder, name), code);
  writeFileSync(join(folder, `${name}.map`), JSON.stringify(map));
}

const [, script = '', folder] = process.argv;
if (resolve(script) === fileURLToPath(import.meta.url))
  await bundle(dirname(dirname(fileURLToPath(import.meta.url))), resolve(folder));
