import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';

/**
 * The layers of docs/design/architecture.md. A layer may import itself, what is listed, and Node's own modules
 * (but `process.env` is read in config only). Folders end in `/`.
 */
const layers: Readonly<Record<string, readonly string[]>> = {
  'core/': ['fastest-levenshtein'],
  'host/': ['core/', 'koffi'],
  'backends/': ['core/', 'host/host.ts', 'zod'],
  'backends/ebs/': ['backends/', 'core/', 'host/host.ts', 'zod', '@aws-sdk/client-ec2'],
  'driver/': ['core/', 'backends/backend.ts', 'host/host.ts', 'zod'],
  'http/': ['core/', 'driver/volume-driver.ts', 'backends/backend.ts', 'express', 'zod'],
  'config/': ['core/', 'backends/backend.ts', 'yaml', 'zod'],
  'witnesses/': ['core/', 'config/configuration.ts', 'zod'],
  'telemetry/': [
    'core/',
    'backends/backend.ts',
    'config/configuration.ts',
    'winston',
    'winston-transport',
    'logform',
  ],
  'install/': ['core/', 'config/configuration.ts'],
  'cli/': [
    'core/',
    'install/',
    'config/',
    'driver/volume-driver.ts',
    'http/admin-protocol.ts',
    'backends/backend.ts',
    'witnesses/',
    'commander',
    'zod',
  ],
  'dvdcli/': ['core/'],
};
/** These see everything. */
const roots = ['main.ts', 'daemon.ts', 'open-drivers.ts'];

const source = join(import.meta.dirname, '../src');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);

function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(source, file), 'utf8');
  const found = [...text.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*)'([^']+)'/g)].map(
    (match) => match[1] ?? '',
  );
  return found.map((name) =>
    name.startsWith('.') ? relative(source, join(source, dirname(file), name)) : name,
  );
}

/** The longest that fits: `backends/ebs/` may import more than the other backends. */
function layerOf(file: string): string | undefined {
  return Object.keys(layers)
    .filter((layer) => file.startsWith(layer))
    .sort((a, b) => b.length - a.length)[0];
}

function allowed(layer: string, name: string): boolean {
  if (name.startsWith('node:') || name.startsWith(layer)) return true;
  return (layers[layer] ?? []).some((entry) =>
    entry.endsWith('/') ? name.startsWith(entry) : name === entry,
  );
}

describe('the layers', () => {
  test('every file has its room', () => {
    const homeless = files.filter((file) => !roots.includes(file) && layerOf(file) === undefined);
    expect(homeless).toEqual([]);
  });

  test.each(Object.keys(layers))('%s imports only what it may', (layer) => {
    const ours = files.filter((file) => layerOf(file) === layer);
    const breaches = ours.flatMap((file) =>
      importsOf(file)
        .filter((name) => !allowed(layer, name))
        .map((name) => `${file} imports ${name}`),
    );
    expect(ours.length).toBeGreaterThan(0);
    expect(breaches).toEqual([]);
  });

  test('a backend never imports another', () => {
    const breaches = files
      .filter((file) => /^backends\/[^/]+\//.test(file))
      .flatMap((file) =>
        importsOf(file)
          .filter((name) => name.startsWith('backends/') && name !== 'backends/backend.ts')
          .filter((name) => !name.startsWith('backends/shared/') && dirname(name) !== dirname(file))
          .map((name) => `${file} imports ${name}`),
      );
    expect(breaches).toEqual([]);
  });

  test('the AWS SDK is loaded only when it is needed', () => {
    const text = files.map((file) => readFileSync(join(source, file), 'utf8')).join('\n');
    const imports = [...text.matchAll(/^import\s+(?!type\b)[^;]*?from '(@aws-sdk[^']*)'/gm)];
    expect(imports.map((match) => match[0])).toEqual([]);
    expect(text).toContain("await import('@aws-sdk/client-ec2')");
  });

  test('only config reads the environment, and dvdcli, which has no configuration', () => {
    const readers = files.filter((file) => readFileSync(join(source, file), 'utf8').includes('process.env'));
    expect(readers.filter((file) => !file.startsWith('config/'))).toEqual(['dvdcli/main.ts']);
  });

  test('the table can fail: a forbidden import is seen', () => {
    expect(allowed('core/', 'host/host.ts')).toBe(false);
    expect(allowed('backends/', 'host/linux-host.ts')).toBe(false);
    expect(importsOf('daemon.ts')).toContain('host/linux-host.ts');
  });
});
