import { expect, test } from '@jest/globals';
import { build } from 'esbuild';

test('the bundle has the actions of EC2 that are used, and none of the hundreds that are not', async () => {
  const { outputFiles } = await build({
    entryPoints: ['src/backends/ebs/ec2/sdk.ts'],
    bundle: true,
    write: false,
    splitting: true,
    outdir: 'build/used-commands',
    minifySyntax: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    logLevel: 'silent',
  });
  const text = outputFiles.map((file) => file.text).join('');
  expect(text).toContain('AttachVolumeCommand');
  expect(text).not.toContain('RunInstancesCommand');
});
