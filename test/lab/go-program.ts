import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
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

/** `path`: the package of the program's `main`. */
export function goProgram(path: string, version: string): GoProgram {
  const name = path.slice(path.lastIndexOf('/') + 1);
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
      const environment = { ...process.env, GOBIN: building, GOFLAGS: '-p=2' };
      await promisify(execFile)(go, ['install', `${path}@${version}`], {
        env: environment,
        timeout: buildTakes,
      });
      // Suites beside this one may look for it at any moment, and Go may copy it.
      await rename(join(building, name), program);
      await rm(building, { recursive: true });
      return program;
    },
  };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
