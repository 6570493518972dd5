import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { wrongNode } from '../../src/core/wrong-node.ts';
import { builtDaemon } from '../lab/built-daemon.ts';
import { run } from '../lab/run.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-old-node-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('versions older than `engines` in package.json are refused', async () => {
  const { engines } = JSON.parse(await readFile(join(__dirname, '../../package.json'), 'utf8'));
  expect(engines.node).toBe('>=20.19');
  for (const version of ['18.20.8', '20.18.3', '0.10.48']) expect(wrongNode(version)).toContain(version);
  for (const version of ['20.19.0', '20.20.1', '22.0.0', '26.1.0'])
    expect(wrongNode(version)).toBeUndefined();
});

/** Makes this Node look like an older one, and records each loaded file. */
const older = (loaded: string) => `
import { register } from 'node:module';
register('data:text/javascript,' + encodeURIComponent(\`
  import { appendFileSync } from 'node:fs';
  export async function load(url, context, next) {
    if (url.startsWith('file:')) appendFileSync(${JSON.stringify(loaded)}, url + '\\\\n');
    return next(url, context);
  }
\`));
Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } });
`;

test.each([
  ['holdfast', 'main.js', ['main.js']],
  ['dvdcli', 'dvdcli/main.js', undefined],
])('%s names the needed version on an older Node, before it loads newer syntax', async (name, file, few) => {
  const dist = dirname(await builtDaemon());
  const loaded = join(folder, 'loaded');
  await writeFile(join(folder, 'older.mjs'), older(loaded));
  const words = ['--import', pathToFileURL(join(folder, 'older.mjs')).href, join(dist, file), 'volume', 'ls'];
  expect(await run(process.execPath, words)).toMatchObject({
    exitCode: 1,
    stdout: '',
    stderr: `${name}: Holdfast needs Node 20.19 or newer; this is 18.20.8. See https://nodejs.org/en/download.\n`,
  });
  const urls = (await readFile(loaded, 'utf8')).trim().split('\n');
  if (few !== undefined) expect(urls).toEqual(few.map((one) => pathToFileURL(join(dist, one)).href));
  expect(urls.filter((url) => url.includes('node_modules'))).toEqual([]);
});
