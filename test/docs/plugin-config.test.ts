import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { clusterPlaces, pluginPlaces } from '../../src/config/plugin-places.ts';
import { project } from './pages.ts';
import { pluginSettings } from './plugin-settings.ts';

const file = join(project, 'plugin-config/config.json');
const config = JSON.parse(readFileSync(file, 'utf8'));

/** Marks the process as a plugin; not settable. */
const marker = {
  name: 'HOLDFAST_MANAGED_PLUGIN',
  description: 'Tells the program that it is a plugin.',
  value: 'true',
};

/** `UPDATE_DOCS=1 npm test -- test/docs` writes the list. */
test('config.json lists exactly the settings of the schemas', async () => {
  const settings = (await pluginSettings()).map(({ name, backends, description }) => ({
    name,
    description: (backends.length > 0 ? `[${backends.join(', ')}] ` : '') + description.replaceAll('`', ''),
    value: '',
    settable: ['value'],
  }));
  const env = [marker, ...settings];
  if (process.env.UPDATE_DOCS === '1' && !process.env.CI) {
    writeFileSync(file, `${JSON.stringify({ ...config, env }, null, 2)}\n`);
  } else expect(config.env).toEqual(env);
  expect(new Set(env.map(({ name }) => name)).size).toBe(env.length);
});

test('config.json has the paths that the program uses in a plugin', () => {
  expect(config.propagatedMount).toBe(pluginPlaces.mountRoot);
  expect(`${pluginPlaces.socketDir}/${config.interface.socket}`).toBe(pluginPlaces.socket);
  expect(config.mounts).toContainEqual(
    expect.objectContaining({ name: 'state', destination: pluginPlaces.data }),
  );
});

test("the variant for cluster volumes has Swarm's interfaces, and the paths that the program uses in it", () => {
  const made = variant('cluster');
  expect(made.interface.types).toEqual(['docker.csicontroller/1.0', 'docker.csinode/1.0']);
  expect(`unix://${pluginPlaces.socketDir}/${made.interface.socket}`).toBe(clusterPlaces.endpoint);
  expect(made.propagatedMount).toBe(clusterPlaces.published);
  expect(made.env).toEqual([{ ...marker, value: 'cluster' }, ...config.env.slice(1)]);
  expect(made).toMatchObject({ linux: config.linux, mounts: config.mounts, network: config.network });
});

test('the variant without devices has no device of the host, and otherwise what the usual one has', () => {
  const made = variant('without-devices');
  expect(made.linux).toEqual({ capabilities: config.linux.capabilities, allowAllDevices: false });
  expect(made.mounts.map(({ destination }: { readonly destination: string }) => destination)).toEqual([
    pluginPlaces.data,
  ]);
  const { description, linux, mounts } = config;
  expect({ ...made, description, linux, mounts }).toEqual(config);
});

/** The config.json that `npm run plugin` makes with this flag. */
function variant(flag: string) {
  const script = `import { variants } from ${JSON.stringify(join(project, 'scripts/plugin-variants.mjs'))};
    import { readFileSync } from 'node:fs';
    const usual = JSON.parse(readFileSync(${JSON.stringify(file)}, 'utf8'));
    process.stdout.write(JSON.stringify(variants[${JSON.stringify(flag)}](usual)));`;
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }),
  );
}
