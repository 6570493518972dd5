import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { documentedCommands } from '../../docs/command-line.ts';
import { describeWith } from '../../lab/requirements.ts';
import { output, run } from '../../lab/run.ts';
import { runHere } from '../in-process.ts';

const lines = { env: { LC_ALL: 'C.UTF-8', MANWIDTH: '500', MAN_KEEP_FORMATTING: '', MANROFFSEQ: '' } };

describeWith({ programs: ['mandoc', 'man'] }, 'the manual page', () => {
  let folder = '';
  let file = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-man-'));
    file = join(folder, 'holdfast.1');
    const { code, out } = await runHere(['__man']);
    expect(code).toBe(0);
    await writeFile(file, out);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('is well formed; only the date is missing, so that builds are reproducible', async () => {
    const { stdout } = await run('mandoc', ['-Tlint', file]);
    expect(stdout.replaceAll(`mandoc: ${file}:`, '')).toMatch(
      /^1:\d+: WARNING: missing date, using "": TH\n$/,
    );
    const { exitCode, stderr } = await run('man', ['--warnings', '-l', file], lines);
    expect([exitCode, stderr]).toEqual([0, '']);
  });

  test('describes every command with each of its flags and arguments', async () => {
    const shown = (await output('man', ['-l', file], lines)).replace(/\s+/g, ' ');
    for (const { name, command } of documentedCommands()) {
      if (name === 'holdfast version') continue;
      const section = shown.slice(shown.indexOf(`${name} ${command.usage()}`));
      expect(section).not.toBe('');
      for (const { flags, description } of command.options)
        expect(section.replace(/‘|’/g, "'")).toContain(`${flags} ${description}`);
      for (const argument of command.registeredArguments) expect(section).toContain(argument.name());
    }
  });
});

test('no string is read as a request or an escape of roff', async () => {
  const { out } = await runHere(['__man']);
  for (const line of out.split('\n'))
    if (/^[.']/.test(line)) expect(line).toMatch(/^\.(TH|SH|SS|TP|PP|B|I|BR) ?/);
  expect(out).toMatch(/^[\n -~]+$/);
});
