import { type Json, textField } from '../../core/json.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { AdminClient } from '../admin-client.ts';
import type { CommandResult, LineColour, TargetOptions } from '../command-result.ts';
import { volumeMarks } from '../marks.ts';
import { table } from '../table.ts';
import { type FieldName, fieldText } from './list/fields.ts';
import { createFilter } from './list/filter.ts';
import { type Format, formatLines, formatRows, parseFormat } from './list/format.ts';
import { sortVolumes } from './list/sort.ts';
import { type Found, presentVolumes, storedVolumes } from './list/sources.ts';
import { removedPath, unusedPath } from './paths.ts';

export interface ListOptions extends TargetOptions {
  readonly removed?: boolean;
  readonly unused?: boolean;
  readonly filter?: readonly string[];
  readonly sort?: string;
  readonly format?: string;
  readonly quiet?: boolean;
}

/** `columns`: the terminal's width; absent if the output is not a terminal. */
export async function listVolumes(
  client: AdminClient,
  options: ListOptions,
  columns: number | undefined,
): Promise<CommandResult> {
  refuseTogether(options);
  return options.removed ? listRemoved(client, options) : listPresent(client, options, columns);
}

function refuseTogether({ removed, unused, filter, sort, format, quiet }: ListOptions): void {
  if (quiet === true && format !== undefined)
    throw new VolumeError('invalid', '--quiet and --format exclude each other: omit one of them.');
  const others = {
    '--unused': unused,
    '--filter': filter,
    '--sort': sort,
    '--format': format,
    '--quiet': quiet,
  };
  const beside = Object.entries(others).find(([, value]) => value !== undefined);
  if (removed === true && beside !== undefined)
    throw new VolumeError('invalid', `--removed and ${beside[0]} exclude each other: omit one of them.`);
}

async function listPresent(
  client: AdminClient,
  { driver, unused, filter = [], sort, format, quiet }: ListOptions,
  columns: number | undefined,
): Promise<CommandResult> {
  // Before the request to the daemon, so that invalid options are reported at once.
  const passes = createFilter(filter);
  const form = format === undefined ? undefined : parseFormat(format);
  sortVolumes([], sort);
  const found = unused === true ? await unusedVolumes(client, driver) : await presentVolumes(client, driver);
  const { volumes: all, failures } = found;
  const volumes = sortVolumes(all.filter(passes), sort);
  const result = { json: { volumes }, failures };
  if (quiet === true)
    return { ...result, text: volumes.map((volume) => textField(volume, 'name')).join('\n') };
  if (form !== undefined) return { ...result, ...formatted(form, volumes, columns) };
  if (volumes.length > 0)
    return { ...result, ...usualTable(volumes, columns, unused ? unusedColumns : usualColumns) };
  return { ...result, text: failures.length > 0 ? '' : noneText(all, unused === true) };
}

/** A volume that EC2 shows attached to another host counts as used there. */
async function unusedVolumes(client: AdminClient, driver: string | undefined): Promise<Found> {
  const found = await storedVolumes(client, driver, { pathOf: unusedPath, key: 'volumes' });
  return {
    ...found,
    volumes: found.volumes.filter((volume) => fieldText(volume, 'State') === 'not mounted'),
  };
}

function noneText(all: readonly Json[], isUnused: boolean): string {
  if (all.length > 0) return 'No volume matches the filter.';
  if (isUnused) return 'No volume is unused.';
  return 'There are no volumes yet. Create one with `holdfast volume create NAME`.';
}

function formatted(
  format: Format,
  volumes: readonly Json[],
  columns: number | undefined,
): Pick<CommandResult, 'text' | 'tabs'> {
  if (format.kind !== 'table') return { text: formatLines(format, volumes), tabs: 'ours' };
  if (format.columns.length === 0) return usualTable(volumes, columns, usualColumns);
  return { text: table(formatRows(format.columns, volumes), columns) };
}

const usualColumns: readonly (readonly [string, FieldName])[] = [
  ['DRIVER', 'Driver'],
  ['NAME', 'Name'],
  ['USED', 'Used'],
  ['SIZE', 'Size'],
  ['USE%', 'UsedPercent'],
  ['STATE', 'State'],
  ['FOR', 'For'],
  ['HEALTH', 'Health'],
];

const unusedColumns: typeof usualColumns = [
  ['DRIVER', 'Driver'],
  ['NAME', 'Name'],
  ['USED', 'Used'],
  ['SIZE', 'Size'],
  ['CREATED', 'CreatedAt'],
  ['LAST USED', 'LastUsed'],
];

function usualTable(
  volumes: readonly Json[],
  columns: number | undefined,
  fields: typeof usualColumns,
): Pick<CommandResult, 'text' | 'colours'> {
  const rows = volumes.map((volume) => fields.map(([, name]) => fieldText(volume, name)));
  return {
    text: table([fields.map(([head]) => head), ...rows], columns),
    colours: [undefined, ...volumes.map(colourOf)],
  };
}

function colourOf(volume: Json): LineColour | undefined {
  const [worst] = volumeMarks(volume);
  return worst && (worst.level === 'failure' ? 'red' : 'yellow');
}

async function listRemoved(client: AdminClient, { driver }: TargetOptions): Promise<CommandResult> {
  const stored = await storedVolumes(client, driver, { pathOf: removedPath, key: 'removed' });
  const { volumes: removed, failures } = stored;
  const rows = removed.map((volume) => [
    textField(volume, 'driver'),
    textField(volume, 'name'),
    textField(volume, 'id'),
    shortTime(textField(volume, 'removedAt')),
    shortTime(textField(volume, 'purgeAfter')) || 'never',
  ]);
  const text =
    rows.length === 0
      ? 'No removed volumes are kept.'
      : table([['DRIVER', 'NAME', 'ID', 'REMOVED', 'DELETED AFTER'], ...rows]);
  return { json: { removed }, text, failures };
}

/** An RFC 3339 time as "2024-01-02 03:04", UTC. */
export function shortTime(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}
