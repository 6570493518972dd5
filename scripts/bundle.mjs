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
  const usual = {
    absWorkingDir: project,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    // Names stay, for the stacks in a log.
    minifyWhitespace: true,
    minifySyntax: true,
    metafile: true,
    logLevel: 'warning',
  };
  const daemon = await build({
    ...usual,
    entryPoints: {
      main: 'src/main.ts',
      'mount-use-worker': 'src/host/mount-use-worker.ts',
      'remote-worker': 'src/host/remote-worker.ts',
    },
    outdir: folder,
    splitting: true,
    // The AWS SDK's older kind of modules names its exports only as it runs: an import of them would find none.
    mainFields: ['module', 'main'],
    external: ['koffi'],
    // Packages of the older kind ask for Node's own modules by `require`.
    banner: {
      js: "import { createRequire as requireHere } from 'node:module'; const require = requireHere(import.meta.url);",
    },
  });
  // One file, two folders below package.json, as in `dist/`: what Mesos calls once per task and volume opens nothing else.
  const dvdcli = await build({
    ...usual,
    entryPoints: ['src/dvdcli/main.ts'],
    outfile: join(folder, 'dvdcli/main.js'),
  });
  for (const program of ['main.js', 'dvdcli/main.js']) chmodSync(join(folder, program), 0o755);
  const outputs = [daemon, dvdcli].flatMap(({ metafile }) => Object.values(metafile.outputs));
  const inputs = outputs.flatMap((output) => Object.keys(output.inputs));
  const packages = inputs.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  return [...new Set(packages.filter((name) => name !== undefined))].sort();
}
