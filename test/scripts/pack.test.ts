import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { project } from '../docs/pages.ts';
import { builtDaemon } from '../lab/built-daemon.ts';
import { output } from '../lab/run.ts';

let folder = '';
beforeAll(async () => {
  await builtDaemon();
  folder = await mkdtemp(join(tmpdir(), 'holdfast-pack-'));
  await output(process.execPath, [join(project, 'scripts/pack.mjs'), join(folder, 'packed')]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the packed program runs where there is nothing else of the project', async () => {
  const { version } = JSON.parse(await readFile(join(project, 'package.json'), 'utf8'));
  const printed = await output(process.execPath, [join(folder, 'packed/dist/main.js'), '--version']);
  expect(printed).toBe(version);
});

test('every package that it may load is whole, also what is loaded late', async () => {
  const { dependencies } = JSON.parse(await readFile(join(project, 'package.json'), 'utf8'));
  const loading = Object.keys(dependencies).map((name) => `await import('${name}');`);
  // From a file's place: packages are looked for above it.
  const script = [...loading, "console.log((await import('koffi')).default.version)"].join('\n');
  const file = join(folder, 'packed/load.mjs');
  const written = await output('sh', ['-c', `cat > ${file} <<'END'\n${script}\nEND\nnode ${file}`]);
  expect(written).toMatch(/^\d+\./);
});
