import type { BackendDefinition } from '../../src/backends/definition.ts';
import { backends } from '../../src/backends/index.ts';
import { settableVariables } from '../../src/config/lay-plugin-settings.ts';
import { rexrayNames } from '../../src/config/rexray-variables.ts';
import { configurationSchema } from '../../src/config/schema/daemon.ts';
import { schemaKeys } from '../../src/config/schema/keys.ts';
import { pluginVariableName } from '../../src/config/variables.ts';

/** A setting of the managed plugin, as config.json lists it and docs/install/plugin.md describes it. */
export interface PluginSetting {
  readonly name: string;
  /** The backends that have it; empty: all of them. */
  readonly backends: readonly string[];
  readonly description: string;
}

const general: readonly PluginSetting[] = [
  all('BACKEND', `The kind of storage: ${Object.keys(backends).join(', ')}. local by default.`),
  all(
    'NAME',
    "The driver's name in records, messages and tags: one of its own for each plugin of a host. The backend's by default, or holdfast for local.",
  ),
  all(
    'CONFIG',
    'A configuration file below /var/lib/holdfast, instead of or below these settings. None by default.',
  ),
];

const credentials: readonly PluginSetting[] = [
  {
    name: 'AWS_ACCESS_KEY_ID',
    backends: ['ebs'],
    description: 'Credentials, where the instance has no role.',
  },
  { name: 'AWS_SECRET_ACCESS_KEY', backends: ['ebs'], description: 'Belongs to AWS_ACCESS_KEY_ID.' },
  {
    name: 'AWS_SESSION_TOKEN',
    backends: ['ebs'],
    description: 'Belongs to AWS_ACCESS_KEY_ID, if it is temporary.',
  },
];

const rexray: readonly PluginSetting[] = rexrayNames.map((name) => ({
  name,
  backends: ['ebs'],
  description: 'A name of REX-Ray: accepted, with a notice in the log.',
}));

/** Every setting, each name once. */
export async function pluginSettings(): Promise<readonly PluginSetting[]> {
  const definitions = await Promise.all(Object.values(backends).map((load) => load()));
  const daemon = schemaKeys(configurationSchema).map((key) =>
    all(pluginVariableName(key.path), key.description),
  );
  const known = new Set(settableVariables('', undefined).map(({ name }) => name));
  return [
    ...general,
    ...daemon.filter(({ name }) => known.has(name)),
    ...merged(definitions.flatMap(settingsOf)),
    ...credentials,
    ...merged(definitions.flatMap(defaultsOf)),
    ...rexray,
  ];
}

function all(name: string, description: string): PluginSetting {
  return { name, backends: [], description };
}

function settingsOf({ name, settings }: BackendDefinition): readonly PluginSetting[] {
  return schemaKeys(settings).map((key) => ({
    name: pluginVariableName(['drivers', '', 'settings', ...key.path]),
    backends: [name],
    description: key.description,
  }));
}

function defaultsOf({ name, options }: BackendDefinition): readonly PluginSetting[] {
  return options
    .filter((option) => option.name !== 'o')
    .map((option) => ({
      name: pluginVariableName(['drivers', '', 'defaults', option.name]),
      backends: [name],
      description: `The default of the option \`${option.name}\`.`,
    }));
}

/** One entry for each name. If backends describe it differently, the entry has all descriptions. */
function merged(settings: readonly PluginSetting[]): readonly PluginSetting[] {
  const names = [...new Set(settings.map(({ name }) => name))];
  return names.map((name) => {
    const same = settings.filter((setting) => setting.name === name);
    const texts = new Set(same.map(({ description }) => description));
    const description =
      texts.size === 1
        ? [...texts].join('')
        : same.map((each) => `${each.backends}: ${each.description}`).join(' ');
    return { name, backends: same.flatMap((each) => each.backends), description };
  });
}
