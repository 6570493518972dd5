import { readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Guest } from './guest.ts';

const project = fileURLToPath(new URL('../../../', import.meta.url)).replace(/\/$/, '');

/** A reporter that prints a line for each test when it ends, so that progress is seen. */
const eachTest = fileURLToPath(new URL('each-test.mjs', import.meta.url));
/** Milliseconds without the end of a test after which a run has failed. Only this limits a test. */
const silence = 400_000;

/** The result of a run of Jest. */
export interface JestOutcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** The failed tests' names with their messages, and Jest's message if a file did not even start. */
  readonly failures: readonly string[];
}

export interface JestLimits {
  readonly env?: Readonly<Record<string, string>>;
  /** Only the tests whose names fit, as Jest's -t. */
  readonly names?: string;
}

/** Runs test files of the project, by their paths in it, inside a guest: on its kernel, as root, with its /tmp in memory. */
export async function runJestInGuest(
  guest: Guest,
  files: readonly string[],
  limits: JestLimits = {},
): Promise<JestOutcome> {
  const report = `${guest.folder}/jest.json`;
  await rm(report, { force: true });
  const args = [
    ...[
      `${project}/node_modules/jest/bin/jest.js`,
      '--json',
      `--outputFile=${report}`,
      '--runInBand',
      '--ci',
    ],
    ...['--watchman=false', `--reporters=${eachTest}`, '--cacheDirectory=/tmp/jest', '--colors=false'],
    `--testTimeout=${10 * silence}`,
    ...(limits.names === undefined ? [] : ['-t', limits.names]),
    // Files for guests only have another suffix, which runs on the machine ignore.
    ...['--testMatch', '**/*.test.ts', '**/*.guest.ts'],
    ...['--runTestsByPath', ...files],
  ];
  const { env = {} } = limits;
  const finished = await guest.run(process.execPath, args, { env, quiet: silence, cwd: project });
  const text = await readFile(report, 'utf8').catch((cause) => {
    throw new Error(`Jest did not run in the guest: ${finished.stderr}`, { cause });
  });
  return outcome(JSON.parse(text));
}

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly FileReport[];
}

interface FileReport {
  readonly name: string;
  readonly status: string;
  readonly message: string;
  readonly assertionResults: readonly TestReport[];
}

interface TestReport {
  readonly fullName: string;
  readonly status: string;
  readonly failureMessages: readonly string[];
}

function outcome({ numPassedTests, numFailedTests, numPendingTests, testResults }: Report): JestOutcome {
  return {
    passed: numPassedTests,
    failed: numFailedTests,
    skipped: numPendingTests,
    failures: testResults.flatMap(failuresOf),
  };
}

function failuresOf({ name, status, message, assertionResults }: FileReport): readonly string[] {
  const failed = assertionResults.filter((result) => result.status === 'failed');
  if (status === 'failed' && failed.length === 0) return [`${name}: ${message}`];
  return failed.map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages.join('\n')}`);
}
