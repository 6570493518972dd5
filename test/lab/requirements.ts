import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, test } from '@jest/globals';

/** What a suite needs of the machine it runs on. */
export interface Requirement {
  readonly root?: true;
  /** Programs that must be on the PATH. */
  readonly programs?: readonly string[];
  /** Files or devices that must exist. */
  readonly paths?: readonly string[];
}

/**
 * A `describe` that is skipped, visibly and with the reason in its name, where the machine lacks something.
 * With HOLDFAST_REQUIRE_ALL=1 it fails instead, so that no test is lost unnoticed where all of them should run.
 */
export function describeWith(requirement: Requirement, name: string, suite: () => void): void {
  const lacking = missing(requirement);
  if (lacking === undefined) {
    describe(name, suite);
    return;
  }
  if (process.env.HOLDFAST_REQUIRE_ALL === '1') {
    describe(name, () => {
      test('has what it needs', () => {
        throw new Error(`This suite needs ${lacking}, and HOLDFAST_REQUIRE_ALL forbids to skip it.`);
      });
    });
    return;
  }
  describe.skip(`${name} [skipped: needs ${lacking}]`, suite);
}

/** What is lacking, in words; undefined when nothing is. */
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
