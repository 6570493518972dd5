import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transformSync } from '@swc/core';

const project = join(__dirname, '../..');

/** The compiled sources of the host: Node's workers and processes cannot load TypeScript. */
export interface CompiledHost {
  /** URL of a file below `src/host`, such as `remote/server-worker`. */
  url(name: string): URL;
  remove(): void;
}

/** Compiles within the project, so that packages are found. */
export function compileHost(): CompiledHost {
  mkdirSync(join(project, 'build'), { recursive: true });
  const folder = mkdtempSync(join(project, 'build', 'host-'));
  for (const layer of ['core', 'host']) compileLayer(layer, folder);
  return {
    url: (name) => pathToFileURL(join(folder, 'host', `${name}.js`)),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

function compileLayer(layer: string, folder: string): void {
  const sources = join(project, 'src', layer);
  mkdirSync(join(folder, layer));
  for (const name of readdirSync(sources, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    mkdirSync(dirname(join(folder, layer, name)), { recursive: true });
    const { code } = transformSync(readFileSync(join(sources, name), 'utf8'), {
      jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
      module: { type: 'es6' },
    });
    const compiled = code.replaceAll(/from '(\.[^']*)\.ts'/g, "from '$1.js'");
    writeFileSync(join(folder, layer, name.replace(/\.ts$/, '.js')), compiled);
  }
}
