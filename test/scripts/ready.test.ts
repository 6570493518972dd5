import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const script = fileURLToPath(new URL('../../scripts/ready.mjs', import.meta.url));
const longAgo = new Date('2001-01-01');

/** A clone whose npm and bundler only record in `done` that they ran; both fail while `broken` exists. */
let clone = '';
beforeEach(async () => {
  clone = await mkdtemp(join(tmpdir(), 'holdfast-clone-'));
  await mkdir(join(clone, 'src/core'), { recursive: true });
  await mkdir(join(clone, 'scripts'));
  for (const name of ['ready.mjs', 'shell-files.mjs'])
    await cp(join(dirname(script), name), join(clone, 'scripts', name));
  for (const file of ['package-lock.json', 'src/main.ts', 'src/core/a.ts']) {
    await writeFile(join(clone, file), '');
  }
  await writeFile(join(clone, 'npm.cjs'), npm);
  await writeFile(join(clone, 'scripts/bundle.mjs'), bundle);
  await writeFile(join(clone, 'done'), '');
  await setAside();
});
afterEach(() => rm(clone, { recursive: true, force: true }));

const begin = `fs.appendFileSync('done', [...process.argv[1].split('/').slice(-1), ...process.argv.slice(2, 4)].join(' ') + '\\n');
if (fs.existsSync('broken')) { console.log('no such thing'); process.exit(3); }
`;
const npm = `const fs = require('node:fs');
${begin}
fs.mkdirSync('node_modules', { recursive: true });
fs.writeFileSync('node_modules/.package-lock.json', '');
`;
const bundle = `import fs from 'node:fs';
const [, , outDir] = process.argv;
process.argv.length = 2;
${begin}
fs.mkdirSync(outDir + '/dvdcli', { recursive: true });
fs.writeFileSync(outDir + '/dvdcli/main.js', 'built', { mode: 0o755 });
setTimeout(() => fs.writeFileSync(outDir + '/main.js', '"built"', { mode: 0o755 }), 300);
`;

/** Makes all files of the clone old, so that any later change is newer. */
async function setAside(): Promise<void> {
  for (const name of await readdir(clone, { recursive: true }))
    await utimes(join(clone, name), longAgo, longAgo);
}

function ready(): Promise<{ readonly code: number | null; readonly said: string }> {
  return new Promise((resolve) => {
    const env = { PATH: process.env.PATH, npm_execpath: join(clone, 'npm.cjs') };
    const child = spawn(process.execPath, [join(clone, 'scripts/ready.mjs')], { env, cwd: '/' });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        said += chunk;
      });
    }
    child.on('close', (code) => resolve({ code, said }));
  });
}

async function done(): Promise<readonly string[]> {
  const lines = (await readFile(join(clone, 'done'), 'utf8')).split('\n').slice(0, -1);
  await writeFile(join(clone, 'done'), '');
  return lines;
}

const nothing = { code: 0, said: '' };
const install = 'npm.cjs ci --include=dev';
const build = 'bundle.mjs';

test('a fresh clone is installed and built; after that, nothing is done', async () => {
  expect(await ready()).toEqual({
    code: 0,
    said: 'Installing dependencies (takes about a minute, only once)...\nBuilding Holdfast...\n',
  });
  expect(await done()).toEqual([install, build]);
  for (const program of ['dist/main.js', 'dist/dvdcli/main.js'])
    expect((await stat(join(clone, program))).mode & 0o111).toBe(0o111);
  expect(await ready()).toEqual(nothing);
  expect(await done()).toEqual([]);
});

test.each<[string, () => Promise<void>, string[]]>([
  ['a changed source', () => writeFile(join(clone, 'src/core/a.ts'), 'changed'), [build]],
  ['a deleted source', () => rm(join(clone, 'src/core/a.ts')), [build]],
  ['another way to build', () => writeFile(join(clone, 'scripts/page.mjs'), ''), [build]],
  ['a missing build', () => rm(join(clone, 'dist'), { recursive: true }), [build]],
  ['other packages', () => writeFile(join(clone, 'package-lock.json'), '{}'), [install]],
])('%s is noticed', async (_, change, expected) => {
  await ready();
  await done();
  await new Promise((resolve) => setTimeout(resolve, 20));
  await change();
  expect((await ready()).code).toBe(0);
  expect(await done()).toEqual(expected);
  expect(await ready()).toEqual(nothing);
});

test('two at once build once', async () => {
  const both = await Promise.all([ready(), ready(), ready()]);
  expect(both.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(await done()).toEqual([install, build]);
});

test('a failing build says why, and keeps the previous build', async () => {
  await ready();
  await new Promise((resolve) => setTimeout(resolve, 20));
  await writeFile(join(clone, 'src/main.ts'), 'wrong');
  await writeFile(join(clone, 'broken'), '');
  expect(await ready()).toEqual({
    code: 1,
    said: 'Building Holdfast...\nno such thing\n\nThe build failed: see above.\n',
  });
  expect(await readFile(join(clone, 'dist/main.js'), 'utf8')).toBe('"built"');
  expect(await readdir(join(clone, 'build')).catch(() => [])).toEqual([]);
  await rm(join(clone, 'broken'));
  expect((await ready()).said).toBe('Building Holdfast...\n');
});
