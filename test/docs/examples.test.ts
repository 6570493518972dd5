import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { backends } from '../../src/backends/index.ts';
import { problemText } from '../../src/config/problem.ts';
import { isTree } from '../../src/config/tree.ts';
import { parseVolumeName } from '../../src/core/names.ts';
import type { Options } from '../../src/core/volume.ts';
import { parseWords } from '../../src/dvdcli/parse-words.ts';
import { createFakeHost } from '../fakes/host/fake-host.ts';
import { openBackend } from '../fakes/open-backend.ts';
import { complaint, documentedCommands, shellWords } from './command-line.ts';
import { blockAt, parseHcl } from './hcl.ts';
import { loadText } from './page-drivers.ts';
import { allPages, type Fence, fencesOf, proseOf } from './pages.ts';

const fences = allPages().flatMap(fencesOf);
const inLanguage = (...languages: readonly string[]) =>
  fences.filter(({ language }) => languages.includes(language));

/** Lines of shell examples, without the prompt and without output. */
function shellLines(fence: Fence): readonly string[] {
  const lines = fence.text.split('\n');
  if (fence.language !== 'console') return lines;
  return lines.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2));
}

const commands = inLanguage('sh', 'console').flatMap((fence) =>
  shellLines(fence).map((line) => ({ place: fence.place, words: shellWords(line) })),
);

/** Inline code of the text, such as `holdfast volume ls`. */
const mentioned = allPages().flatMap((page) =>
  [...proseOf(page).matchAll(/`([^`\n]+)`/g)].map((match) => ({
    place: page.path,
    words: shellWords(match[1] ?? ''),
  })),
);

const settingsFor: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  local: { allowedRoots: ['/srv/data', '/data'] },
  nfs: { server: 'nfs1.example', export: '/srv/volumes', shares: ['media.example:/srv/media'] },
  glusterfs: {
    servers: ['gluster1.example', 'gluster2.example'],
    volume: 'gv0',
    shares: ['gluster1.example:media'],
  },
};

/** Plans with a driver that allows everything in the page's examples. Its backend is the page's, or else the local one. */
async function planWith(options: Options, page = ''): Promise<void> {
  const name = /docs\/backends\/(\w+)\.md/.exec(page)?.[1] ?? 'local';
  const definition = await backends[name]?.();
  const host = createFakeHost();
  const profiles = { logs: { uid: '1000' } };
  const settings = settingsFor[name] ?? {};
  if (definition === undefined) throw new Error(`There is no backend ${name}.`);
  openBackend(definition, { settings, profiles, host }).plan(parseVolumeName('db'), options);
}

function pairsOf(words: readonly string[]): readonly (readonly [string, string])[] {
  return words.map((word) => {
    const at = word.indexOf('=');
    return [word.slice(0, at), word.slice(at + 1)] as const;
  });
}

/** The options after `-o`, and in `volume-opt=` of a `--mount`. */
function volumeOptions(words: readonly string[]): Options {
  const given = words.filter((_, index) => words[index - 1] === '-o');
  const mounted = words
    .filter((_, index) => words[index - 1] === '--mount')
    .flatMap((mount) => mount.split(','))
    .filter((part) => part.startsWith('volume-opt='))
    .map((part) => part.slice('volume-opt='.length));
  return Object.fromEntries(pairsOf([...given, ...mounted]));
}

describe('commands of the pages', () => {
  const ours = [...commands, ...mentioned]
    .map(({ place, words }) => ({ place, words: words[0] === 'sudo' ? words.slice(1) : words }))
    .filter(({ words }) => words[0] === 'holdfast' && words.length > 1);
  const names = documentedCommands().map(({ name }) => name);

  test('of holdfast are valid', async () => {
    expect(ours.length).toBeGreaterThan(20);
    for (const { place, words } of ours) {
      // Prose may name a command without its arguments.
      if (names.includes(words.join(' '))) continue;
      const said = await complaint(words.slice(1));
      if (said !== undefined) throw new Error(`${place}: \`${words.join(' ')}\`: ${said}`);
    }
  });

  test('of dvdcli are valid', () => {
    const dvdcli = commands.filter(({ words }) => words[0] === 'dvdcli');
    expect(dvdcli.length).toBeGreaterThan(3);
    for (const { words } of dvdcli) parseWords(words.slice(1));
    expect(() => parseWords(['mount', '--volumname=db'])).toThrow('--volumname');
  });

  test.each([
    ['docker', 5],
    ['podman', 2],
  ])('give %s options that a driver takes', async (engine, atLeast) => {
    const engines = [...commands, ...mentioned].filter(({ words }) => words[0] === engine);
    const optioned = engines.filter(({ words }) => Object.keys(volumeOptions(words)).length > 0);
    expect(optioned.length).toBeGreaterThan(atLeast);
    for (const { place, words } of optioned) {
      const options = volumeOptions(words);
      if (!('NAME' in options)) await planWith(options, place);
    }
  });

  test('a mistyped one is detected', async () => {
    expect(await complaint(['volume', 'lst'])).toContain('lst');
    expect(await complaint(['volume', 'ls', '--removd'])).toContain('--removd');
    await expect(planWith({ sise: '1GiB' })).rejects.toThrow('Did you mean "size"?');
  });
});

describe('YAML of the pages', () => {
  const titled = (title: string) => inLanguage('yaml').filter(({ text }) => text.startsWith(`# ${title}\n`));
  const configurations = titled('/etc/holdfast/config.yaml');
  const composes = titled('compose.yaml');

  test('names its file', () => {
    expect(configurations.length).toBeGreaterThan(2);
    expect(composes.length).toBeGreaterThan(2);
    expect(configurations.length + composes.length).toBe(inLanguage('yaml').length);
  });

  test.each(configurations.map((fence) => [fence.place, fence] as const))(
    '%s is usable',
    async (_, fence) => {
      const loaded = await loadText(fence.text);
      expect(loaded.kind === 'usable' ? loaded.warnings : loaded.problems.map(problemText)).toEqual([]);
    },
  );

  test.each(composes.map((fence) => [fence.place, fence] as const))(
    '%s has options that a driver accepts',
    async (_, fence) => {
      const { volumes }: { volumes: Readonly<Record<string, unknown>> } = parse(fence.text);
      const ours = Object.values(volumes).filter((volume) => isTree(volume) && volume.driver === 'holdfast');
      expect(ours.length).toBeGreaterThan(0);
      for (const volume of ours) await planWith(driverOptions(volume));
    },
  );
});

/** Compose turns numbers into strings. */
function driverOptions(volume: unknown): Options {
  const options = isTree(volume) && isTree(volume.driver_opts) ? volume.driver_opts : {};
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, String(value)]));
}

describe('HCL of the pages', () => {
  const titled = (title: string) => {
    const found = inLanguage('hcl').find(({ text }) => text.startsWith(`# ${title}\n`));
    return parseHcl(found?.text ?? '');
  };

  test('enables volumes on a Nomad client', () => {
    const client = blockAt(titled('/etc/nomad.d/client.hcl'), 'plugin "docker"', 'config');
    expect(blockAt(client, 'volumes').attributes).toEqual({ enabled: true });
    expect(client.attributes).toEqual({ allow_privileged: true });
  });

  test.each(['holdfast', 'holdfast-controller', 'holdfast-node'])(
    'has a plugin %s that Nomad starts: it mounts /dev itself, and refuses a second mount there',
    (job) => {
      const task = blockAt(titled(`${job}.nomad.hcl`), `job "${job}"`, 'group "plugin"', 'task "plugin"');
      const { privileged, volumes = [] } = blockAt(task, 'config').attributes;
      expect(privileged).toBe(true);
      expect(String(volumes)).not.toContain('/dev');
    },
  );

  test.each(['volume.hcl', 'disk.hcl'])(
    'has an upper limit in %s, which Nomad takes for 0 if it is absent',
    (file) => {
      const { capacity_min, capacity_max } = titled(file).attributes;
      expect([capacity_min, capacity_max]).toEqual([expect.any(String), capacity_min]);
    },
  );

  test('has a job whose volume has a driver, and options that it accepts', async () => {
    const task = blockAt(titled('db.nomad.hcl'), 'job "db"', 'group "db"', 'task "postgres"');
    expect(task.attributes).toEqual({ driver: 'docker' });
    const mount = blockAt(task, 'config', 'mount');
    expect(mount.attributes).toMatchObject({ type: 'volume', source: 'pg' });
    const driver = blockAt(mount, 'volume_options', 'driver_config');
    expect(driver.attributes).toEqual({ name: 'holdfast' });
    const options = Object.entries(blockAt(driver, 'options').attributes);
    await planWith(Object.fromEntries(options.map(([name, value]) => [name, String(value)])));
  });

  test('has a plugin of Nomad whose configuration is usable, and a volume with options that it accepts', async () => {
    const task = blockAt(titled('holdfast.nomad.hcl'), 'job "holdfast"', 'group "plugin"', 'task "plugin"');
    const { data } = blockAt(task, 'template').attributes;
    expect((await loadText(String(data))).kind).toBe('usable');
    const plugin = blockAt(task, 'csi_plugin').attributes;
    expect(String(data)).toContain(`unix://${plugin.mount_dir}/csi.sock`);
    const volume = titled('volume.hcl');
    expect(volume.attributes.plugin_id).toBe(plugin.id);
    const parameters = Object.entries(blockAt(volume, 'parameters').attributes);
    const options = Object.fromEntries(parameters.map(([name, value]) => [name, String(value)]));
    await planWith({ ...options, sizeMode: 'advisory' }, 'docs/backends/nfs.md');
  });

  test.each(['controller', 'node'])('has a %s of Nomad for the volumes of disk.hcl', async (type) => {
    const job = titled(`holdfast-${type}.nomad.hcl`);
    const task = blockAt(job, `job "holdfast-${type}"`, 'group "plugin"', 'task "plugin"');
    const { data } = blockAt(task, 'template').attributes;
    const loaded = await loadText(String(data));
    if (loaded.kind !== 'usable') throw new Error(`unusable: ${data}`);
    const [csi] = [...loaded.configuration.drivers.values()].map((driver) => driver.csi);
    const plugin = blockAt(task, 'csi_plugin').attributes;
    expect(csi).toMatchObject({ mode: type, endpoint: `${plugin.mount_dir}/csi.sock` });
    expect(plugin.type).toBe(type);
    const volume = titled('disk.hcl');
    expect(volume.attributes).toMatchObject({ type: 'csi', plugin_id: plugin.id });
    const segments = blockAt(volume, 'topology_request', 'required', 'topology', 'segments').attributes;
    expect(segments).toEqual({ [`${csi?.name}/zone`]: expect.any(String) });
  });

  test('has a dynamic host volume whose parameters are options of the driver that its plugin is named after', async () => {
    const volume = titled('host-volume.hcl');
    const [install] = inLanguage('sh').filter(({ text }) => text.includes('deploy/nomad/host-volume-plugin'));
    expect(install?.text).toMatch(new RegExp(`/${volume.attributes.plugin_id}\n$`));
    const parameters = Object.entries(blockAt(volume, 'parameters').attributes);
    const options = Object.fromEntries(parameters.map(([name, value]) => [name, String(value)]));
    await planWith({ ...options, size: String(volume.attributes.capacity_min) });
  });

  test.each([
    ['job "db" {\n', 'Left open'],
    ['}\n', 'closes nothing'],
    ['job "db" {\n  count: 1\n}\n', 'count: 1'],
  ])('that is wrong is detected: %j', (text, message) => {
    expect(() => parseHcl(text)).toThrow(message);
  });
});

test('containers.conf of the pages names the socket of the driver', () => {
  const [conf] = inLanguage('ini').filter(({ text }) =>
    text.startsWith('# /etc/containers/containers.conf\n'),
  );
  expect(conf?.text).toContain('[engine.volume_plugins]\nholdfast = "/run/docker/plugins/holdfast.sock"\n');
});

describe('JSON of the pages', () => {
  test.each(inLanguage('json').map((fence) => [fence.place, fence] as const))('%s is JSON', (_, fence) => {
    expect(JSON.parse(fence.text)).toBeInstanceOf(Object);
  });
});

test('every code block has a language', () => {
  expect(fences.filter(({ language }) => language === '').map(({ place }) => place)).toEqual([]);
});
