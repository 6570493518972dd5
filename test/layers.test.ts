import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';

/**
 * The layers of docs/design/architecture.md. A layer may import itself, what is listed, and Node's own modules
 * (but `process.env` is read in config only). Folders end in `/`.
 */
const layers: Readonly<Record<string, readonly string[]>> = {
  'launch/': [],
  'core/': ['fastest-levenshtein'],
  'host/': ['core/', 'koffi'],
  'backends/': ['core/', 'host/host.ts', 'zod/mini'],
  'backends/ebs/': ['backends/', 'core/', 'host/host.ts', 'zod/mini', '@aws-sdk/client-ec2'],
  'driver/': ['core/', 'backends/backend.ts', 'host/host.ts', 'zod/mini'],
  'http/': ['core/', 'driver/volume-driver.ts', 'backends/backend.ts', 'express', 'zod/mini'],
  'csi/': ['core/', 'driver/volume-driver.ts', '@grpc/grpc-js', '@grpc/proto-loader'],
  'config/': ['core/', 'backends/definition.ts', 'croner', 'yaml', 'zod/mini'],
  'backup/': [
    'core/',
    'config/configuration.ts',
    'driver/volume-driver.ts',
    'host/host.ts',
    'croner',
    'zod/mini',
  ],
  'witnesses/': ['core/', 'config/configuration.ts', 'zod/mini'],
  'telemetry/': ['core/', 'config/configuration.ts', 'winston', 'prom-client', 'zod/mini'],
  'engines/': ['core/', 'dockerode', 'zod/mini'],
  'doctor/': [
    'core/',
    'engines/',
    'config/configuration.ts',
    'config/default-paths.ts',
    'config/problem.ts',
    'host/host.ts',
  ],
  'install/': ['core/', 'config/configuration.ts'],
  'cli/': [
    'core/',
    'install/',
    'engines/',
    'doctor/',
    'config/',
    'driver/volume-driver.ts',
    'http/admin/protocol.ts',
    'witnesses/',
    'commander',
    'string-width',
    'zod/mini',
  ],
  'dvdcli/': ['core/'],
  'web/': [
    'core/',
    'cli/events/rows.ts',
    'cli/marks.ts',
    'cli/volume/list/fields.ts',
    'cli/volume/usage-text.ts',
    'cli/volume/user-text.ts',
    'preact',
    'preact/hooks',
  ],
};
/** What puts the daemon and the command line together, and may import everything. */
const roots = ['main.ts', 'command-line.ts', 'this-machine.ts', 'daemon/'];

const source = join(import.meta.dirname, '../src');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
  /\.tsx?$/.test(file),
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

function isRoot(file: string): boolean {
  return roots.some((root) => (root.endsWith('/') ? file.startsWith(root) : file === root));
}

/** The layer with the longest matching path: `backends/ebs/` may import more than the other backends. */
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

/** What a backend implements. */
const backendPort = ['backends/backend.ts', 'backends/definition.ts'];

/** The folder below `backends/` that a file belongs to. */
function backendOf(file: string): string | undefined {
  return file.split('/')[1];
}

/** Import circles, found by following imports until a file on the path is reached again. */
function circlesIn(imports: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]) => {
    if (way.includes(file)) {
      circles.push([...way.slice(way.indexOf(file)), file].join(' > '));
      return;
    }
    if (done.has(file)) return;
    for (const next of imports.get(file) ?? []) visit(next, [...way, file]);
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
  return circles;
}

/** The last folder of a path, in the singular too: `mounts/mount-table.ts` says `mount` twice. */
function repeatsFolder(file: string): boolean {
  const folder = basename(dirname(file));
  return [folder, folder.replace(/s$/, '')].some((word) => basename(file).startsWith(`${word}-`));
}

function crowdedFolders(paths: readonly string[]): readonly string[] {
  const folders = paths.map(dirname);
  return [...new Set(folders)].filter((folder) => folders.filter((each) => each === folder).length > 30);
}

describe('the folders', () => {
  test('there is no import cycle, not even of types', () => {
    expect(circlesIn(new Map(files.map((file) => [file, importsOf(file)])))).toEqual([]);
  });

  test('the search for cycles detects one', () => {
    const imports = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', []],
      ['d', ['b']],
    ]);
    expect(circlesIn(imports)).toEqual(['b > d > b']);
  });

  test('no folder has more than 30 files', () => {
    const inTest = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' });
    expect(crowdedFolders(files)).toEqual([]);
    expect(crowdedFolders(inTest.filter((name) => /\.\w+$/.test(name)))).toEqual([]);
    expect(crowdedFolders(Array.from({ length: 31 }, (_, index) => `crowd/${index}.ts`))).toEqual(['crowd']);
  });

  test("no file's name begins with the name of its folder", () => {
    expect(files.filter(repeatsFolder)).toEqual([]);
    expect(repeatsFolder('host/mounts/mount-table.ts')).toBe(true);
  });
});

describe('the layers', () => {
  test('every file belongs to a layer', () => {
    const homeless = files.filter((file) => !isRoot(file) && layerOf(file) === undefined);
    expect(homeless).toEqual([]);
  });

  test.each(Object.keys(layers))('%s imports only what the table allows', (layer) => {
    const ours = files.filter((file) => layerOf(file) === layer);
    const breaches = ours.flatMap((file) =>
      importsOf(file)
        .filter((name) => !allowed(layer, name))
        .map((name) => `${file} imports ${name}`),
    );
    expect(ours.length).toBeGreaterThan(0);
    expect(breaches).toEqual([]);
  });

  test.each(Object.keys(layers))('%s uses everything that the table allows it', (layer) => {
    const names = files.filter((file) => layerOf(file) === layer).flatMap(importsOf);
    const unused = (layers[layer] ?? []).filter(
      (entry) => !names.some((name) => (entry.endsWith('/') ? name.startsWith(entry) : name === entry)),
    );
    expect(unused).toEqual([]);
  });

  test('a backend never imports another', () => {
    const breaches = files
      .filter((file) => /^backends\/[^/]+\//.test(file))
      .flatMap((file) =>
        importsOf(file)
          .filter((name) => name.startsWith('backends/') && !backendPort.includes(name))
          .filter((name) => !name.startsWith('backends/shared/') && backendOf(name) !== backendOf(file))
          .map((name) => `${file} imports ${name}`),
      );
    expect(breaches).toEqual([]);
  });

  test('the AWS SDK is loaded only when it is needed', () => {
    const textOf = (file: string) => readFileSync(join(source, file), 'utf8');
    const filesWith = (pattern: RegExp) => files.filter((file) => pattern.test(textOf(file)));
    const loading = 'backends/ebs/ec2/used-commands.ts';
    expect(filesWith(/^import\s+(?!type\b)[^;]*?from '@aws-sdk[^']*'/m)).toEqual([loading]);
    expect(filesWith(/^import\s+(?!type\b)[^;]*?from '[^']*used-commands.ts'/m)).toEqual([]);
    expect(filesWith(/await import\('\.\/used-commands\.ts'\)/)).toEqual(['backends/ebs/ec2/sdk.ts']);
  });

  test('only config reads the environment, dvdcli, which has no configuration, and the size of the pool', () => {
    const readers = files.filter((file) => readFileSync(join(source, file), 'utf8').includes('process.env'));
    expect(readers.filter((file) => !file.startsWith('config/'))).toEqual([
      'dvdcli/main.ts',
      'launch/thread-pool.ts',
    ]);
  });

  test('a forbidden import is detected', () => {
    expect(allowed('core/', 'host/host.ts')).toBe(false);
    expect(allowed('backends/', 'host/linux-host.ts')).toBe(false);
    expect(importsOf('daemon/open-station.ts')).toContain('host/linux-host.ts');
  });
});
