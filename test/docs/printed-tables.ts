import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { BackendDefinition } from '../../src/backends/definition.ts';
import { backends } from '../../src/backends/index.ts';
import { type ConfigurationKey, configurationKeys } from '../../src/config/configuration-keys.ts';
import { type SchemaKey, schemaKeys } from '../../src/config/schema/keys.ts';
import { isTree } from '../../src/config/tree.ts';
import { errorCodes } from '../../src/core/volume-error.ts';
import { calls } from '../../src/http/admin/protocol.ts';
import { httpStatus } from '../../src/http/error-table.ts';
import { catalogue } from '../../src/telemetry/metrics/catalogue.ts';
import { type DocumentedCommand, documentedCommands } from './command-line.ts';
import { project } from './pages.ts';
import { pluginSettings } from './plugin-settings.ts';

/** A part of a page that is printed from the code, between `<!-- printed: NAME -->` and `<!-- end -->`. */
export interface Printed {
  readonly name: string;
  readonly page: string;
  print(): Promise<string>;
}

async function definitions(): Promise<readonly BackendDefinition[]> {
  return Promise.all(Object.values(backends).map((load) => load()));
}

export async function printedParts(): Promise<readonly Printed[]> {
  const ofBackends = (await definitions()).flatMap((definition): Printed[] => {
    const page = `docs/backends/${definition.name}.md`;
    return [
      { name: `${definition.name}-options`, page, print: async () => optionTable(definition) },
      { name: `${definition.name}-settings`, page, print: async () => settingTable(definition) },
    ];
  });
  return [
    { name: 'backends', page: 'README.md', print: backendTable },
    { name: 'configuration', page: 'docs/reference/configuration.md', print: configurationTable },
    { name: 'commands', page: 'docs/reference/cli.md', print: commandSections },
    { name: 'admin-calls', page: 'docs/reference/cli.md', print: callTable },
    { name: 'error-statuses', page: 'docs/reference/errors.md', print: statusTable },
    { name: 'plugin-settings', page: 'docs/install/plugin.md', print: pluginTable },
    { name: 'metrics', page: 'docs/reference/metrics.md', print: metricTable },
    { name: 'layers', page: 'docs/design/architecture.md', print: layerTable },
    ...ofBackends,
  ];
}

async function metricTable(): Promise<string> {
  const rows = catalogue.map(({ name, type, labels, help }) => [
    `\`${name}\``,
    type,
    labels.map((label) => `\`${label}\``).join(', '),
    help,
  ]);
  return table(['metric', 'type', 'labels', 'what'], rows);
}

/** The layers of test/layers.test.ts, with their allowed imports. */
function layerEntries(): readonly (readonly [string, readonly string[]])[] {
  const source = readFileSync(join(project, 'test/layers.test.ts'), 'utf8');
  const table = /const layers[^{]*\{(.*?)^\};/ms.exec(source)?.[1] ?? '';
  return [...table.matchAll(/'([^']+)':\s*\[([^\]]*)\]/g)].map(([, layer = '', list = '']) => [
    layer,
    [...list.matchAll(/'([^']+)'/g)].map(([, name = '']) => name),
  ]);
}

async function backendTable(): Promise<string> {
  const rows = (await definitions()).map(({ name, summary }) => [
    `[${name}](docs/backends/${name}.md)`,
    summary,
  ]);
  return table(['backend', 'volumes are'], rows);
}

export function optionTable({ options }: BackendDefinition): string {
  const rows = options.map(({ name, aliases, example, description }) => [
    code(name),
    aliases.map(code).join(', '),
    code(`-o ${example}`),
    description,
  ]);
  return table(['option', 'also written', 'example', 'what it does'], rows);
}

export function settingTable({ settings }: BackendDefinition): string {
  // The default is the schema's value for an absent setting; the user may write it differently.
  const made = Object.fromEntries(
    Object.entries(settings.shape).map(([key, schema]) => [key, z.safeParse(schema, undefined).data]),
  );
  const rows = schemaKeys(settings).map((key) => [
    code(key.path.join('.')),
    defaultOf({ ...key, default: below(made, key.path) }),
    key.description,
  ]);
  return table(['setting', 'default', 'what it does'], rows);
}

function below(value: unknown, path: readonly string[]): unknown {
  return path.reduce((tree, key) => (isTree(tree) ? tree[key] : undefined), value);
}

async function configurationTable(): Promise<string> {
  const rows = configurationKeys().map((key: ConfigurationKey) => [
    code(key.key),
    defaultOf(key),
    key.variable === undefined ? '' : code(key.variable),
    key.description + choicesOf(key),
  ]);
  return table(['key', 'default', 'variable', 'what it does'], rows);
}

async function pluginTable(): Promise<string> {
  const rows = (await pluginSettings()).map(({ name, backends: having, description }) => [
    code(name),
    having.length === Object.keys(backends).length ? '' : having.join(', '),
    description,
  ]);
  return table(['setting', 'only of', 'what it does'], rows);
}

function choicesOf({ choices, description }: SchemaKey): string {
  const unsaid = choices.filter((choice) => !description.includes(code(choice)));
  return unsaid.length === 0 ? '' : ` One of ${choices.map(code).join(', ')}.`;
}

/** A number whose setting is written as a string is a duration in milliseconds. */
function defaultOf(key: SchemaKey): string {
  if (key.required) return 'required';
  if (key.kind === 'map') return 'none';
  if (Array.isArray(key.default)) return key.default.length === 0 ? 'none' : code(key.default.join(', '));
  if (key.default === undefined) return 'none';
  if (typeof key.default === 'number' && key.kind === 'text') return code(duration(key.default));
  return code(String(key.default));
}

/** Formats it in the largest unit with a whole number. */
function duration(milliseconds: number): string {
  const units = { h: 3_600_000, m: 60_000, s: 1000 };
  const fits = Object.entries(units).find(([, size]) => milliseconds >= size && milliseconds % size === 0);
  const [unit, size] = fits ?? ['s', 1000];
  return `${milliseconds / size}${unit}`;
}

async function commandSections(): Promise<string> {
  return documentedCommands().map(commandSection).join('\n\n');
}

function commandSection({ name, command }: DocumentedCommand): string {
  const arguments_ = command.registeredArguments.map((argument) => {
    const word = argument.variadic ? `${argument.name()}...` : argument.name();
    return argument.required ? `<${word}>` : `[${word}]`;
  });
  const described = command.registeredArguments
    .filter(({ description }) => description !== '')
    .map((argument) => [code(argument.name()), argument.description]);
  const flags = command.options.map(({ flags: words, description }) => [code(words), description]);
  return [
    `### ${name}`,
    '',
    `${capitalised(command.description())}.`,
    '',
    '```text',
    [name, '[options]', ...arguments_].join(' '),
    '```',
    '',
    table(['flag', 'what it does'], [...described, ...flags]),
  ].join('\n');
}

async function statusTable(): Promise<string> {
  return table(
    ['code', 'status'],
    errorCodes.map((errorCode) => [`[${errorCode}](#${errorCode})`, `${httpStatus(errorCode)}`]),
  );
}

async function layerTable(): Promise<string> {
  return table(
    ['layer', 'may import'],
    layerEntries().map(([layer, names]) => [code(layer), names.map(code).join(', ')]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ').replace(/ {2,}/g, ' ')} |`;
  const escaped = rows.map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')));
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...escaped.map(line)].join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

async function callTable(): Promise<string> {
  const rows = Object.values(calls).map(
    ({ method, path, does }) => `| \`${method.toUpperCase()} ${path}\` | ${does} |`,
  );
  return ['| call | does |', '|---|---|', ...rows].join('\n');
}
