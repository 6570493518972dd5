import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { output } from '../lab/run.ts';

/* Run as processes of their own: jest has its own modules, and its own stack traces. */

let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-launch-'));
  await build({
    entryPoints: [join(import.meta.dirname, '../../src/launch/bundle.ts')],
    outfile: join(folder, 'bundle.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

const parts = `({"./one.js":
function(exports,require,module,folder,url){exports.two=()=>require('./two.js').answer();exports.path=require('node:path').sep;exports.url=url},
"./two.js":
function(exports,require,module){exports.answer=()=>42},
})
`;
/** The first column of the third line is line 7 of a source. */
const map = {
  version: 3,
  sections: [
    {
      offset: { line: 2, column: 0 },
      map: { version: 3, sources: ['src/thrown.ts'], names: [], mappings: 'AAMA' },
    },
  ],
};

beforeEach(() => {
  for (const name of readdirSync(folder).filter((each) => each.startsWith('parts.js')))
    rmSync(join(folder, name));
  writeFileSync(join(folder, 'parts.js'), parts);
});

/** Evaluates an expression about the opened `bundle`, in a process of its own. */
async function said(expression: string): Promise<unknown> {
  const open = `const bundle = require('${folder}/bundle.cjs').openBundle('${folder}', 'parts.js');`;
  const program = `${open} process.stdout.write(JSON.stringify(${expression}))`;
  return JSON.parse(await output(process.execPath, ['-e', program]));
}

test('a part loads others, packages, and parts in files of their own, once each', async () => {
  writeFileSync(
    join(folder, 'apart.js'),
    '(function(exports,require){exports.two=require("./one.js").two()})',
  );
  expect(await said("bundle.load('./one.js').two()")).toBe(42);
  expect(await said("bundle.load('./one.js').path")).toBe('/');
  expect(await said("bundle.load('./one.js').url")).toBe(`file://${folder}/parts.js`);
  expect(await said("bundle.load('./apart.js').two")).toBe(42);
  expect(await said("bundle.load('./one.js') === bundle.load('./one.js')")).toBe(true);
});

test('compiled code is kept for the next run, and only if all of it was written', async () => {
  const file = join(folder, 'parts.js.start');
  expect(await said('bundle.isKept')).toBe(false);
  await said("(bundle.load('./one.js').two(), bundle.keep('start'), 0)");
  expect(await said("[bundle.isKept, bundle.load('./one.js').two()]")).toEqual([true, 42]);
  expect(readdirSync(folder).filter((name) => name.startsWith('parts.js.'))).toEqual(['parts.js.start']);
  writeFileSync(file, readFileSync(file).subarray(0, 100));
  expect(await said("[bundle.isKept, bundle.load('./one.js').two()]")).toEqual([false, 42]);
});

test('compiled code of another version of Node is not used, and replaced', async () => {
  const file = join(folder, 'parts.js.start');
  await said("(bundle.keep('start'), 0)");
  const code = readFileSync(file);
  code.fill(0xee, 4, 8);
  writeFileSync(file, code);
  expect(await said("[bundle.isKept, bundle.load('./one.js').two(), bundle.keep('start')]")).toEqual([
    false,
    42,
    null,
  ]);
  expect(await said('bundle.isKept')).toBe(true);
});

test('a folder that cannot be written is left as it is', async () => {
  expect(
    await said("(require('node:fs').openSync = () => { throw new Error('EROFS') }, bundle.keep('start'), 1)"),
  ).toBe(1);
  expect(readdirSync(folder)).not.toContain('parts.js.start');
});

test('a stack names sources if there is a map, and the bundle if there is none', async () => {
  const thrown =
    '({"./one.js":\nfunction(exports){\nexports.fail=function fail(){return new Error("no").stack}},\n})\n';
  writeFileSync(join(folder, 'parts.js'), thrown);
  expect(await said("bundle.load('./one.js').fail()")).toContain(`(${folder}/parts.js:3:`);
  writeFileSync(join(folder, 'parts.js.map'), JSON.stringify(map));
  expect(await said("bundle.load('./one.js').fail().split('\\n').slice(0, 2)")).toEqual([
    'Error: no',
    expect.stringMatching(/^ {4}at (Object\.)?fail \(src\/thrown\.ts:7:1\)$/),
  ]);
});
