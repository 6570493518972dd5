import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
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

/** Milliseconds for the download of the modules and the compiler: those of Kubernetes are large. */
const buildTakes = 1_800_000;

/** Debian's Go is too old for these programs, so Go is optional. */
const go = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/go/bin']
  .map((directory) => join(directory, 'go'))
  .find(isExecutable);

export interface GoBuild {
  /** Default: the end of its path. */
  readonly name?: string;
  /** The program's module, if it is not built by `go install`, which takes no go.mod with replacements. */
  readonly module?: string;
  /** The version of those modules that the go.mod replaces by directories of the repository; default: as it requires them. */
  readonly replaced?: string;
  /** The module has no go.mod but a vendor.mod, from which it makes the vendor directory of its repository. */
  readonly vendored?: true;
  /** For the linker, such as the version that the program tells. */
  readonly ldflags?: string;
  /** It is partly C, so it needs a compiler of C. */
  readonly cgo?: true;
}

/** `path`: the package of the program's `main`. */
export function goProgram(path: string, version: string, how: GoBuild = {}): GoProgram {
  const { name = basename(path) } = how;
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
      const build = runGo(go, { GOBIN: building, CGO_ENABLED: how.cgo ? '1' : '0' });
      if (how.module === undefined) await build(['install', `${path}@${version}`]);
      else await buildSources(build, building, how, { path, name, version, module: how.module });
      // Suites beside this one may look for it at any moment, and Go may copy it.
      await rename(join(building, name), program);
      await rm(building, { recursive: true });
      return program;
    },
  };
}

/** The directory with the files of a module, which are read-only. */
export async function goModule(path: string, version: string): Promise<string> {
  if (go === undefined) throw new Error('Go is not at hand.');
  return downloaded(runGo(go, {}), `${path}@${version}`);
}

async function downloaded(go: Go, module: string): Promise<string> {
  const { Dir }: { readonly Dir: string } = JSON.parse(
    await go(['mod', 'download', '-json', module], tmpdir()),
  );
  return Dir;
}

type Go = (args: readonly string[], folder?: string) => Promise<string>;

function runGo(go: string, variables: Readonly<Record<string, string>>): Go {
  const env = { ...process.env, GOFLAGS: '-p=2 -trimpath', ...variables };
  return async (args, cwd) => {
    const { stdout } = await promisify(execFile)(go, args, { env, cwd, timeout: buildTakes });
    return stdout;
  };
}

/** `go install` would refuse its replacements, or take the newest versions of all modules that it needs, which may not fit each other. */
async function buildSources(
  go: Go,
  building: string,
  { replaced, vendored, ldflags = '' }: GoBuild,
  { path, name, version, module }: Readonly<Record<'path' | 'name' | 'version' | 'module', string>>,
): Promise<void> {
  const sources = join(building, 'sources');
  await cp(await downloaded(go, `${module}@${version}`), sources, { recursive: true });
  // Files of Go's cache are read-only.
  await promisify(execFile)('chmod', ['-R', 'u+w', sources]);
  for (const kind of vendored ? ['mod', 'sum'] : [])
    await rename(`${sources}/vendor.${kind}`, `${sources}/go.${kind}`);
  const file = `${sources}/go.mod`;
  await writeFile(file, withPublished(await readFile(file, 'utf8'), replaced));
  // The repository's own workspace and vendor directory, of which the module has only a part.
  for (const rest of ['go.work', 'vendor']) await rm(join(sources, rest), { recursive: true, force: true });
  const flags = ['-mod=mod', '-ldflags', ldflags, '-o', join(building, name)];
  await go(['build', ...flags, path], sources);
}

/** A go.mod without directories of its repository: the modules in them are published as well. */
function withPublished(goMod: string, version?: string): string {
  const ofDirectory = /^(\s*(?:replace )?)(\S+)(?: v\S+)? => \.\.?\/.*$/gm;
  return goMod.replace(ofDirectory, version === undefined ? '' : `$1$2 => $2 ${version}`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
