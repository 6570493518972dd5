import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { test } from '@jest/globals';
import { project } from '../docs/pages.ts';

/** A program of a Go module, built once and kept in `node_modules/.cache`. */
export interface GoProgram {
  /** Registers a test that needs the program. Without Go, it is listed as not run, and does not count as skipped. */
  test(name: string, work: () => Promise<void>, within: number): void;
  /** Its path. */
  built(): Promise<string>;
}

/** Milliseconds for the download of the modules and the compiler. */
const buildTakes = 580_000;

/** Debian's Go is too old for these programs, so Go is optional. */
const go = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/go/bin']
  .map((directory) => join(directory, 'go'))
  .find(isExecutable);

export interface GoBuild {
  /** The program's module, if that has no go.mod but a vendor.mod, from which it makes the vendor directory of its repository. */
  readonly vendored?: string;
  /** It is partly C, so it needs a compiler of C. */
  readonly cgo?: true;
}

/** `path`: the package of the program's `main`. */
export function goProgram(path: string, version: string, { vendored, cgo }: GoBuild = {}): GoProgram {
  const name = basename(path);
  const folder = join(project, 'node_modules/.cache', name, version);
  const program = join(folder, name);
  return {
    test(title, work, within) {
      if (go !== undefined || existsSync(program)) test(title, work, within + buildTakes);
      else test(`${title} [not run: needs go]`, () => undefined);
    },
    async built() {
      if (existsSync(program)) return program;
      if (go === undefined) throw new Error('Go is not at hand.');
      const building = join(folder, `building-${process.pid}`);
      await mkdir(building, { recursive: true });
      const build = runGo(go, { GOBIN: building, CGO_ENABLED: cgo ? '1' : '0' });
      if (vendored === undefined) await build(['install', `${path}@${version}`]);
      else await buildVendored(build, building, { path, version, module: vendored });
      // Suites beside this one may look for it at any moment, and Go may copy it.
      await rename(join(building, name), program);
      await rm(building, { recursive: true });
      return program;
    },
  };
}

type Go = (args: readonly string[], folder?: string) => Promise<string>;

function runGo(go: string, variables: Readonly<Record<string, string>>): Go {
  const env = { ...process.env, GOFLAGS: '-p=2', ...variables };
  return async (args, cwd) => {
    const { stdout } = await promisify(execFile)(go, args, { env, cwd, timeout: buildTakes });
    return stdout;
  };
}

/** `go install` would take the newest versions of all modules that it needs, which may not fit each other. */
async function buildVendored(
  go: Go,
  building: string,
  { path, version, module }: Readonly<Record<'path' | 'version' | 'module', string>>,
): Promise<void> {
  const { Dir } = JSON.parse(await go(['mod', 'download', '-json', `${module}@${version}`], building));
  const sources = join(building, 'sources');
  await cp(Dir, sources, { recursive: true });
  // Files of Go's cache are read-only.
  await promisify(execFile)('chmod', ['-R', 'u+w', sources]);
  for (const kind of ['mod', 'sum']) await rename(`${sources}/vendor.${kind}`, `${sources}/go.${kind}`);
  await go(['build', '-mod=readonly', '-o', `${building}/`, path], sources);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
