import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runInThisContext, Script } from 'node:vm';
import { keepFile } from './keep-file.ts';
import { nameSources } from './source-places.ts';

/** A start compiles more than a build, which only loads the program. */
type Run = 'start' | 'build';

type Load = (name: string) => unknown;
type Part = (
  exports: object,
  require: Load,
  module: { exports: object },
  folder: string,
  url: string,
) => void;

export interface Bundle {
  readonly load: Load;
  /** Whether V8 took the compiled code of an earlier start of the daemon. */
  readonly isKept: boolean;
  /** Keeps the code that is compiled by now, for later runs. Does nothing where the folder cannot be written. */
  keep(run: Run): void;
}

/**
 * The program's modules, in one file of `folder`; large parts that few runs need are in files of their own. V8 takes compiled code
 * only from the same version of itself, and the name of a file changes with its content.
 */
export function openBundle(folder: string, file: string): Bundle {
  const path = join(folder, file);
  const url = pathToFileURL(path).href;
  const outside = createRequire(path);
  const loaded = new Map<string, { exports: object }>();
  nameSources(folder);

  const code = keptCode(path, 'start');
  const start = compile(path, code ?? keptCode(path, 'build'));
  const isKept = code !== undefined && start.cachedDataRejected === false;
  // Another version of Node may have left its code.
  const script = isKept || code === undefined ? start : compile(path, keptCode(path, 'build'));
  const parts = script.runInThisContext() as Readonly<Record<string, Part>>;

  function load(name: string): unknown {
    if (!name.startsWith('./')) return outside(name);
    const known = loaded.get(name);
    if (known) return known.exports;
    const module = { exports: {} };
    loaded.set(name, module);
    partOf(name)(module.exports, load, module, folder, url);
    return module.exports;
  }

  function partOf(name: string): Part {
    return parts[name] ?? partApart(join(folder, name));
  }

  return {
    load,
    isKept,
    keep: (run) => keepFile(codeOf(path, run), script.createCachedData()),
  };
}

/** It is in a file of its own. */
function partApart(filename: string): Part {
  return runInThisContext(readFileSync(filename, 'utf8'), { filename });
}

function compile(filename: string, cachedData: Buffer | undefined): Script {
  // The file is ASCII.
  const source = readFileSync(filename, 'latin1');
  return new Script(source, cachedData === undefined ? { filename } : { filename, cachedData });
}

function keptCode(path: string, run: Run): Buffer | undefined {
  try {
    return readFileSync(codeOf(path, run));
  } catch {
    return undefined;
  }
}

function codeOf(path: string, run: Run): string {
  return `${path}.${run}`;
}
