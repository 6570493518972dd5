// The program in few files: `npm run tarball` packs them. `dist/` keeps one file for each source, for work on it.
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/**
 * Writes the program to the folder, with what it needs of npm's packages but koffi, which brings a binary along. What is
 * loaded only when it is needed (a backend, the AWS SDK, a command) stays a file of its own, and so do the thread and the
 * process that the host starts. Returns the folders of the packages within.
 */
export async function bundle(project, folder) {
  const { metafile } = await build({
    absWorkingDir: project,
    entryPoints: {
      main: 'src/main.ts',
      'mount-use-worker': 'src/host/mount-use-worker.ts',
      'remote-worker': 'src/host/remote-worker.ts',
    },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    // The AWS SDK's older kind of modules names its exports only as it runs: an import of them would find none.
    mainFields: ['module', 'main'],
    external: ['koffi'],
    // Names stay, for the stacks in a log.
    minifyWhitespace: true,
    minifySyntax: true,
    metafile: true,
    logLevel: 'warning',
    // Packages of the older kind ask for Node's own modules by `require`.
    banner: {
      js: "import { createRequire as requireHere } from 'node:module'; const require = requireHere(import.meta.url);",
    },
  });
  chmodSync(join(folder, 'main.js'), 0o755);
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs));
  const packages = inputs.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  return [...new Set(packages.filter((name) => name !== undefined))].sort();
}
