import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { backends } from '../../src/backends/index.ts';
import { loadConfiguration } from '../../src/config/load-configuration.ts';
import { problemText } from '../../src/config/problem.ts';
import { parseDriverName, parseMountId, parseVolumeName } from '../../src/core/names.ts';
import { openDriverSet } from '../../src/daemon/drivers/set.ts';
import { createStagedPlaces } from '../../src/driver/places/staged.ts';
import { unitsFor } from '../../src/install/units.ts';
import { usable, withFile } from '../config/load.ts';
import { remembering, writtenDrivers } from '../config/written-settings.ts';
import { project, readPage } from '../docs/pages.ts';
import { optionTable, settingTable } from '../docs/printed-tables.ts';
import { createFakeHost } from '../fakes/host/fake-host.ts';
import { present } from '../fakes/rig.ts';
import { memoryBackend } from './memory/definition.ts';
import { withMemory } from './memory/registry.ts';

/** The files that the page requires, in the order of its steps. */
const steps = [
  'src/backends/<name>/definition.ts',
  'src/backends/index.ts',
  'test/backends/<name>/contract.test.ts',
  'docs/backends/<name>.md',
];

/** The corresponding files of the backend in memory. */
const ofMemory: Readonly<Record<string, string>> = {
  'src/backends/<name>/definition.ts': 'test/backends/memory/definition.ts',
  'src/backends/index.ts': 'test/backends/memory/registry.ts',
  'test/backends/<name>/contract.test.ts': 'test/backends/memory/contract.test.ts',
  'docs/backends/<name>.md': 'test/backends/memory/memory.md',
};

function fileOf(step: string, name: string): string {
  const own = name === 'memory' ? ofMemory[step] : undefined;
  return join(project, own ?? step.replace('<name>', name));
}

test('the page has exactly the four steps', () => {
  const { text } = readPage('docs/design/adding-a-backend.md');
  const numbered = [...text.matchAll(/^\d+\. `([^`]+)`/gm)].map(([, file]) => file);
  expect(numbered).toEqual(steps);
});

describe.each(Object.keys(withMemory))('the backend %s', (name) => {
  test.each(steps)('has %s', (step) => {
    expect([step, existsSync(fileOf(step, name))]).toEqual([step, true]);
  });
  test('has one line in the registry', () => {
    const lines = readFileSync(fileOf('src/backends/index.ts', name), 'utf8').split('\n');
    expect(lines.filter((line) => line.trim().startsWith(`${name}: `))).toHaveLength(1);
  });
  test('passes the contract suite', () => {
    const text = readFileSync(fileOf('test/backends/<name>/contract.test.ts', name), 'utf8');
    expect(text).toMatch(/\bdescribe(Backend|Shares)\(/);
  });
});

test('every folder of a backend has a line in the registry', () => {
  const folders = readdirSync(join(project, 'src/backends'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'shared')
    .map(({ name }) => name);
  expect(folders.sort()).toEqual(Object.keys(backends).sort());
});

/** Files with backends' names in another meaning: REX-Ray's variables, programs, and the records of other products. */
const otherNames = ['config/rexray-variables.ts', 'host/program-packages.ts', 'cli/adopt/'];

test('no other layer names a backend, except for the default one', () => {
  const source = join(project, 'src');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (file) =>
      file.endsWith('.ts') &&
      !file.startsWith('backends/') &&
      !otherNames.some((name) => file.startsWith(name)),
  );
  const names = Object.keys(backends).filter((name) => name !== 'local');
  const quoted = new RegExp(`(['"\`])(${names.join('|')})\\1`);
  const knowing = files.filter((file) => quoted.test(readFileSync(join(source, file), 'utf8')));
  expect(knowing).toEqual([]);
});

describe('a fifth backend', () => {
  const folder = join(import.meta.dirname, 'memory');
  const sources = readdirSync(folder).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));

  test('imports only what a backend may import', () => {
    for (const file of sources.filter((source) => source !== 'registry.ts')) {
      const imports = [...readFileSync(join(folder, file), 'utf8').matchAll(/from '([^']+)'/g)];
      for (const [, from = ''] of imports)
        expect([file, from]).toEqual([
          file,
          expect.stringMatching(
            /^(\.\/|node:|zod\/mini$|\.\.\/\.\.\/\.\.\/src\/(core\/|host\/host\.ts|backends\/((backend|definition)\.ts|shared\/)))/,
          ),
        ]);
    }
  });

  test('is configured by file and variables, with suggestions for mistyped keys', async () => {
    const content =
      'drivers:\n  scratch: { backend: memory, settings: { folder: /dev/shm/a }, defaults: { mode: "0700" } }\n';
    const environment = { HOLDFAST_DRIVERS_SCRATCH_SETTINGS_ON_REMOVE: 'delete' };
    const load = (text: string) =>
      withFile(text, (file) => loadConfiguration({ file, environment, backends: remembering(withMemory) }));
    const { configuration } = usable(await load(content));
    expect(writtenDrivers(configuration).get('scratch')).toEqual({
      backend: 'memory',
      settings: { folder: '/dev/shm/a', onRemove: 'delete' },
      defaults: { mode: '0700' },
      profiles: {},
    });
    const wrong = await load(content.replace('folder:', 'foldr:').replace('mode:', 'mod:'));
    const said = wrong.kind === 'unusable' ? wrong.problems.map(problemText).join('\n') : '';
    expect(said).toMatch(/unknown key `foldr`.*did you mean `folder`\?/);
    expect(said).toMatch(/there is no option "mod".*Did you mean "mode"/);
  });

  test('has its own folder, also in a managed plugin and in systemd’s units', async () => {
    const two =
      'drivers:\n  a: { backend: memory }\n  b: { backend: local, settings: { root: /dev/shm/holdfast/b } }\n';
    const overlapping = await withFile(two, (file) =>
      loadConfiguration({ file, environment: {}, backends: withMemory }),
    );
    expect(overlapping).toMatchObject({
      kind: 'unusable',
      problems: [{ key: 'drivers.b.settings.root', message: expect.stringContaining('overlap') }],
    });
    const environment = { BACKEND: 'memory', NAME: 'scratch' };
    const plugin = usable(
      await loadConfiguration({ environment, mode: 'managed', backends: remembering(withMemory) }),
    );
    const home = '/var/lib/holdfast/plugins/scratch/memory';
    expect([...writtenDrivers(plugin.configuration).values()]).toMatchObject([
      { settings: { folder: home } },
    ]);
    const units = unitsFor({ configuration: plugin.configuration, command: ['/usr/bin/holdfast'] });
    const service = units.find(({ name }) => name === 'holdfast.service')?.text;
    expect(service).toMatch(new RegExp(`^RequiresMountsFor=.*${home}`, 'm'));
    expect(service).not.toContain('network-online');
  });

  test('serves volumes through the driver layer', async () => {
    const content = 'mountRoot: /mnt\ndrivers:\n  scratch: { backend: memory }\n';
    const { configuration } = await withFile(content, async (file) =>
      usable(await loadConfiguration({ file, environment: {}, backends: withMemory })),
    );
    const host = createFakeHost();
    await host.files.makeDirectory('/mnt');
    await host.mounts.makeMountRoot('/mnt');
    const log = { enabled: () => true, write: () => undefined };
    const { drivers, close } = await openDriverSet(
      { configuration, log, audit: () => undefined },
      { host, witnesses: new Map(), places: createStagedPlaces() },
    );
    const driver = drivers().get(parseDriverName('scratch'));
    const db = parseVolumeName('db');
    await driver?.create(db, {});
    expect(await driver?.mount(db, parseMountId('a'), present)).toMatchObject({
      mountpoint: '/mnt/scratch/db',
    });
    await driver?.unmount(db, parseMountId('a'));
    await driver?.remove(db);
    expect([...(driver?.list() ?? [])]).toEqual([]);
    await close();
  });

  test('has a page with the tables of its definition', () => {
    const file = fileOf('docs/backends/<name>.md', 'memory');
    const text = readFileSync(file, 'utf8');
    const tables = { options: optionTable(memoryBackend), settings: settingTable(memoryBackend) };
    const wanted = Object.entries(tables).reduce(
      (page, [part, table]) =>
        page.replace(
          new RegExp(`<!-- printed: memory-${part} -->.*?<!-- end -->`, 's'),
          () => `<!-- printed: memory-${part} -->\n\n${table}\n\n<!-- end -->`,
        ),
      text,
    );
    if (process.env.UPDATE_DOCS === '1' && !process.env.CI) return writeFileSync(file, wanted);
    expect(text).toBe(wanted);
  });
});
