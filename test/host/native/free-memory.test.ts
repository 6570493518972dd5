import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { project } from '../../docs/pages.ts';

const source = 'src/host/native/free-memory.ts';

/**
 * In a process of its own, because another one has free memory already. Prints how many of 24 MB it kept, before and after. They are one
 * block, because a piece that Node allocates between several ones would keep those below it.
 */
const program = `
  import { returnFreeMemory } from './${source}';
  import { loadKoffi } from './src/host/native/load-koffi.ts';
  const block = 24 * 1024 * 1024;
  loadKoffi().then(async (koffi) => {
    const library = koffi.load(null);
    const malloc = library.func('malloc', 'size_t', ['size_t']);
    const memset = library.func('memset', 'size_t', ['size_t', 'int', 'size_t']);
    const free = library.func('free', 'void', ['size_t']);
    function kept(before) {
      free(memset(malloc(block), 1, block));
      return (process.memoryUsage.rss() - before) / 2 ** 20;
    }
    // The largest block that is ever freed.
    free(malloc(31 * 1024 * 1024));
    const before = process.memoryUsage.rss();
    const usual = kept(before);
    await returnFreeMemory();
    console.log(JSON.stringify([usual, kept(before)]));
  });`;

test('memory that is freed goes back to the kernel', async () => {
  const built = await build({
    stdin: { contents: program, resolveDir: project, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    external: ['koffi'],
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(join(project, source)).href) },
  });
  const { stdout } = spawnSync(process.execPath, ['-'], {
    input: built.outputFiles[0]?.text ?? '',
    encoding: 'utf8',
    cwd: project,
  });
  const [usual, now] = JSON.parse(stdout);
  expect(usual).toBeGreaterThan(20);
  expect(now).toBeLessThan(10);
});
