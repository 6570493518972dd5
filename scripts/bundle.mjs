// Bundles the program into a few files, which `npm run tarball` packs. `dist/` has one file per source, for development.
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { buildPage } from './page.mjs';

/**
 * Writes the program with its npm packages to the folder, except koffi, which has a binary. Lazily loaded parts (a backend, the
 * AWS SDK, a command) stay separate files, and so do the host's worker thread and helper process. Returns the folders of the
 * bundled packages.
 */
export async function bundle(project, folder) {
  const usual = {
    absWorkingDir: project,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    // Keep names for stack traces in logs.
    minifyWhitespace: true,
    minifySyntax: true,
    metafile: true,
    logLevel: 'warning',
  };
  const daemon = await build({
    ...usual,
    entryPoints: {
      main: 'src/main.ts',
      'look-worker': 'src/host/mount-use/look-worker.ts',
      'server-worker': 'src/host/remote/server-worker.ts',
      'manifest-worker': 'src/host/trees/manifest-worker.ts',
      'ask-worker': 'src/engines/ask-worker.ts',
    },
    outdir: folder,
    splitting: true,
    // The AWS SDK's CommonJS modules define their exports at run time: an import would find none.
    mainFields: ['module', 'main'],
    external: ['koffi'],
    // CommonJS packages load Node's own modules by `require`.
    banner: {
      js: "import { createRequire as requireHere } from 'node:module'; const require = requireHere(import.meta.url);",
    },
  });
  // A single file, because Mesos runs it once per task and volume. Two folders below package.json, as in `dist/`.
  const dvdcli = await build({
    ...usual,
    entryPoints: ['src/dvdcli/main.ts'],
    outfile: join(folder, 'dvdcli/main.js'),
  });
  for (const program of ['main.js', 'dvdcli/main.js']) chmodSync(join(folder, program), 0o755);
  const page = await buildPage(project, folder);
  const outputs = [daemon, dvdcli, page].flatMap(({ metafile }) => Object.values(metafile.outputs));
  const inputs = outputs.flatMap((output) => Object.keys(output.inputs));
  const packages = inputs.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  return [...new Set(packages.filter((name) => name !== undefined))].sort();
}
