import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { run } from '../lab/run.ts';

test('without docker, `npm run plugin` says what is missing', async () => {
  const empty = await mkdtemp(join(tmpdir(), 'holdfast-no-programs-'));
  try {
    const script = join(__dirname, '../../scripts/plugin.mjs');
    const { exitCode, stderr } = await run(process.execPath, [script, 'registry.example/x'], {
      env: { PATH: empty },
    });
    expect([exitCode, stderr.trim().split('\n').at(-1)]).toEqual([
      1,
      'The program `docker` is not installed: install it, or run this on another machine.',
    ]);
    expect(stderr).not.toContain('spawn');
  } finally {
    await rm(empty, { recursive: true, force: true });
  }
});
