// Builds the page in the browser: `node scripts/page.mjs FOLDER` writes it to FOLDER/web, as static files.
import { cpSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Returns what esbuild tells of the files. The page needs no npm package when it runs. */
export async function buildPage(project, folder) {
  const web = join(folder, 'web');
  mkdirSync(web, { recursive: true });
  for (const file of ['index.html', 'icon.svg']) cpSync(join(project, 'src/web', file), join(web, file));
  return build({
    absWorkingDir: project,
    entryPoints: [
      { in: 'src/web/main.tsx', out: 'page' },
      { in: 'src/web/page.css', out: 'page' },
    ],
    outdir: web,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    metafile: true,
    logLevel: 'warning',
  });
}

const [, script, folder] = process.argv;
if (resolve(script) === fileURLToPath(import.meta.url))
  await buildPage(dirname(dirname(fileURLToPath(import.meta.url))), resolve(folder));
