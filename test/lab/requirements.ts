import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, test } from '@jest/globals';

/** Requirements of a suite for its machine. */
export interface Requirement {
  readonly root?: true;
  /** Programs that must be on the PATH. */
  readonly programs?: readonly string[];
  /** Files or devices that must exist. */
  readonly paths?: readonly string[];
}

/**
 * A `describe` that is skipped, with the reason in its name, if the machine lacks something.
 * With HOLDFAST_REQUIRE_ALL=1 it fails instead, so that no test is skipped unnoticed.
 */
export function describeWith(requirement: Requirement, name: string, suite: () => void): void {
  const lacking = missing(requirement);
  if (lacking === undefined) {
    describe(name, suite);
    return;
  }
  if (process.env.HOLDFAST_REQUIRE_ALL === '1') {
    describe(name, () => {
      test('has its requirements', () => {
        throw new Error(`This suite needs ${lacking}, and HOLDFAST_REQUIRE_ALL forbids skipping it.`);
      });
    });
    return;
  }
  describe.skip(`${name} [skipped: needs ${lacking}]`, suite);
}

/** Describes what is missing; undefined if nothing is. */
function missing(requirement: Requirement): string | undefined {
  if (requirement.root && process.getuid?.() !== 0) return 'root';
  const path = requirement.paths?.find((candidate) => !usable(candidate, constants.F_OK));
  return requirement.programs?.find((program) => !installed(program)) ?? path;
}

function installed(program: string): boolean {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => usable(join(folder, program), constants.X_OK));
}

function usable(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
