// Reads a results file of Jest (--json), as a program of .ci/run:
//   slowest FILE  prints the files and the tests that took longest
//   again FILE    runs failed tests once more, alone, and records in FILE those that then passed as unsteady
//   failures FILE prints each failed or unsteady test with the beginning of its message
//   count FILE    prints "PASSED FAILED SKIPPED UNSTEADY"; an unsteady test is also a passed one
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

/** With more failures than this, a second attempt would take too long, and the cause is not an unsteady test. */
const mostUnsteady = 6;

const programs = {
  slowest({ testResults }) {
    const seconds = (ms) => String(Math.round(ms / 1000)).padStart(5);
    const printTop = (what, rows) => {
      print(`The slowest ${what}, in seconds:`);
      for (const [ms, name] of rows.sort(([a], [b]) => b - a).slice(0, 12)) print(`${seconds(ms)} ${name}`);
    };
    printTop(
      'files',
      testResults.map((suite) => [suite.endTime - suite.startTime, fileOf(suite)]),
    );
    printTop(
      'tests',
      testResults.flatMap((suite) =>
        suite.assertionResults.map((test) => [test.duration ?? 0, `${fileOf(suite)}: ${test.title}`]),
      ),
    );
  },
  again(results, file) {
    const suites = results.testResults.filter((suite) => failedIn(suite).length > 0 || isUnloaded(suite));
    const failures = suites.reduce((sum, suite) => sum + Math.max(failedIn(suite).length, 1), 0);
    if (failures === 0 || failures > mostUnsteady) return;
    for (const suite of suites.filter((suite) => !isUnloaded(suite))) {
      const passed = passedAgain(suite, `${file}.again`);
      for (const test of failedIn(suite)) if (passed.has(test.fullName)) test.status = 'unsteady';
    }
    writeFileSync(file, JSON.stringify(results));
  },
  failures({ testResults }) {
    for (const suite of testResults) {
      if (isUnloaded(suite)) print(`FAILED ${fileOf(suite)}: ${shortly(suite.message)}`);
      for (const { status, fullName, failureMessages } of suite.assertionResults) {
        if (status !== 'failed' && status !== 'unsteady') continue;
        const verdict = status === 'failed' ? 'FAILED' : 'UNSTEADY (failed, then passed alone)';
        print(`${verdict} ${fileOf(suite)}: ${fullName}: ${shortly(failureMessages.join('\n'))}`);
      }
    }
  },
  count({ testResults }) {
    const tests = testResults.flatMap((suite) => suite.assertionResults);
    const number = (...statuses) => tests.filter(({ status }) => statuses.includes(status)).length;
    const failed = number('failed') + testResults.filter(isUnloaded).length;
    print(number('passed', 'unsteady'), failed, number('pending', 'todo', 'skipped'), number('unsteady'));
  },
};

function print(...words) {
  process.stdout.write(`${words.join(' ')}\n`);
}

function fileOf(suite) {
  return suite.name.replace(`${process.cwd()}/`, '');
}

function failedIn(suite) {
  return suite.assertionResults.filter(({ status }) => status === 'failed');
}

/** A suite that could not be loaded, or whose set-up failed outside of a test. It counts as one failed test. */
function isUnloaded(suite) {
  const hasFailures = suite.assertionResults.some(
    ({ status }) => status === 'failed' || status === 'unsteady',
  );
  return suite.status === 'failed' && !hasFailures;
}

/** The names of the failed tests of this suite that pass in a run of their own. */
function passedAgain(suite, file) {
  const names = failedIn(suite).map(({ fullName }) => fullName);
  const pattern = `^(${names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})$`;
  print(`Again, alone: ${fileOf(suite)}: ${names.join('; ')}`);
  const jest = [
    'node_modules/jest/bin/jest.js',
    '--runTestsByPath',
    suite.name,
    '--testNamePattern',
    pattern,
  ];
  const options = ['--silent', '--json', `--outputFile=${file}`];
  spawnSync(process.execPath, [...jest, ...options], { stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    const { testResults } = JSON.parse(readFileSync(file, 'utf8'));
    const tests = testResults.flatMap((again) => (again.status === 'failed' ? [] : again.assertionResults));
    return new Set(tests.filter(({ status }) => status === 'passed').map(({ fullName }) => fullName));
  } catch {
    return new Set();
  } finally {
    rmSync(file, { force: true });
  }
}

function shortly(text) {
  const lines = stripVTControlCharacters(text)
    .split('\n')
    .map((line) => line.trim());
  return lines.filter(Boolean).slice(0, 6).join(' | ').slice(0, 700);
}

const [program, file] = process.argv.slice(2);
programs[program](JSON.parse(readFileSync(file, 'utf8')), file);
