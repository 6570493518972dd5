import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { plainPaths } from '../../../src/host/files/copy.ts';
import { copyInUse } from '../../../src/host/files/copy-in-use.ts';
import type { Programs } from '../../../src/host/host.ts';

let folder: string;
let from: string;
let to: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-copy-'));
  [from, to] = [join(folder, 'from'), join(folder, 'to')];
  mkdirSync(join(from, 'sub'), { recursive: true, mode: 0o750 });
  writeFileSync(join(from, 'sub/kept'), 'kept', { mode: 0o640 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const signal = new AbortController().signal;

/** Real programs. cp first meets a file that is gone once it is read. */
function programs(asTar: (script: string) => string = (script) => script): Programs {
  return {
    async run(program, args) {
      if (program === 'cp') {
        spawnSync('cp', [...args]);
        return { exitCode: 1, stdout: '', stderr: "cp: cannot stat 'gone': No such file or directory" };
      }
      const { status, stdout, stderr } = spawnSync(program, [...args].map(asTar), { encoding: 'utf8' });
      return { exitCode: status ?? 255, stdout, stderr };
    },
  };
}

test('what is there is copied, even if a file is gone before it is read', async () => {
  await copyInUse(programs(), plainPaths(from, to), signal);
  expect(readFileSync(join(to, 'sub/kept'), 'utf8')).toBe('kept');
  expect(statSync(join(to, 'sub/kept')).mode & 0o777).toBe(0o640);
  expect(statSync(to).mode & 0o777).toBe(statSync(from).mode & 0o777);
});

test('a file that disappears while tar reads does not fail the copy', async () => {
  // After the first of them; tar has read their names before.
  const remove = (text: string) =>
    text.replace(
      'tar --create',
      'tar --checkpoint=20 "--checkpoint-action=exec=rm -f $1/sub/gone-*" --record-size=512 --create',
    );
  for (let index = 0; index < 60; index += 1) writeFileSync(join(from, `sub/gone-${index}`), 'gone');
  await copyInUse(programs(remove), plainPaths(from, to), signal);
  expect(readFileSync(join(to, 'sub/kept'), 'utf8')).toBe('kept');
  expect(readdirSync(join(to, 'sub')).length).toBeLessThan(61);
});

test('a file that cannot be read is a failure, with what was said', async () => {
  const fails = (text: string) => text.replace(' .; echo "made', ' . ./missing; echo "made');
  await expect(copyInUse(programs(fails), plainPaths(from, to), signal)).rejects.toMatchObject({
    code: 'failed',
    message: expect.stringContaining('missing'),
  });
});

test('a copy that cannot be written is a failure', async () => {
  const fails = (text: string) => text.replace('tar --extract', 'false tar --extract');
  await expect(copyInUse(programs(fails), plainPaths(from, to), signal)).rejects.toMatchObject({
    code: 'failed',
  });
});
