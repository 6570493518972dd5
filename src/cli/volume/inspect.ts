import { field, type Json, listField, textField, textsField } from '../../core/json.ts';
import type { AdminClient } from '../admin-client.ts';
import type { CommandResult, TargetOptions } from '../command-result.ts';
import { table } from '../table.ts';
import { driverOfVolume } from './choose-driver.ts';
import { shortTime } from './ls.ts';
import { volumePath } from './paths.ts';
import { usageLines } from './usage-text.ts';
import { userText } from './user-text.ts';
import { type Users, usersOfVolume } from './users.ts';

export async function inspectVolume(
  client: AdminClient,
  name: string,
  { driver }: TargetOptions,
): Promise<CommandResult> {
  const owner = await driverOfVolume(client, name, driver);
  const [volume, users] = await Promise.all([
    client.ask('GET', volumePath(owner, name)),
    usersOfVolume(client, owner, name),
  ]);
  return { json: { ...volume, ...usersJson(users) }, text: described(volume, users) };
}

function usersJson({ usedBy, notes }: Users): object {
  return { usedBy, ...(notes.length === 0 ? {} : { notes }) };
}

function described(volume: Json, { usedBy, notes }: Users): string {
  const given = new Set(textsField(volume, 'given').map(([name]) => name));
  const options = textsField(volume, 'options').map(([name, value]) => [
    '',
    `${name}=${value}${given.has(name) ? '' : ' (default)'}`,
  ]);
  const holders = listField(volume, 'holders').map((holder) => [
    '',
    `${textField(holder, 'path') || shortId(textField(holder, 'id'))} since ${shortTime(textField(holder, 'mountedAt'))}`,
  ]);
  return table([
    ['Volume', textField(volume, 'name')],
    ...(textField(volume, 'csiName') === '' ? [] : [['CSI name', textField(volume, 'csiName')]]),
    ['Driver', textField(volume, 'driver')],
    ...(textField(volume, 'member') === '' ? [] : [['Member', textField(volume, 'member')]]),
    ...(textField(volume, 'unreadable') === '' ? [] : [['Unreadable', textField(volume, 'unreadable')]]),
    ['ID', textField(volume, 'id') || '-'],
    ['Created', shortTime(textField(volume, 'createdAt')) || '-'],
    ['Mounted at', textField(volume, 'mountpoint') || '-'],
    ...titled('Options', options),
    ...titled('Held by', holders),
    ...titled(
      'Used',
      usageLines(volume, Date.now()).map((line) => ['', line]),
    ),
    ...titledUnlessEmpty(
      'Used by',
      [...usedBy.map(userText), ...notes].map((text) => ['', text]),
    ),
    ['List read', age(field(volume, 'catalogAge'))],
    ...titledUnlessEmpty('Server', healthRows(volume)),
    ...titledUnlessEmpty(
      'Last seen',
      textsField(volume, 'details').map(([name, text]) => ['', `${name}: ${text}`]),
    ),
    ...titledUnlessEmpty(
      'Unmounts to be recorded',
      listField(volume, 'unmountsPending').map((id) => ['', shortId(String(id))]),
    ),
    ...titledUnlessEmpty('Must restart', listField(volume, 'mustRestart').map(deadUser)),
  ]);
}

function healthRows(volume: Json): readonly (readonly string[])[] {
  const health = field(volume, 'health');
  if (health === undefined) return [];
  const state = `${textField(health, 'server')}: ${textField(health, 'state')} at ${shortTime(textField(health, 'checkedAt'))}`;
  return [
    ['', state],
    ['', textField(health, 'detail')],
  ];
}

function deadUser(user: Json): readonly string[] {
  const container = textField(user, 'containerId');
  const who = container === '' ? `process ${field(user, 'pid')}` : `container ${container.slice(0, 12)}`;
  return ['', `${who} (${textField(user, 'command')}) has a dead mount at ${textField(user, 'mountpoint')}`];
}

function titledUnlessEmpty(
  title: string,
  rows: readonly (readonly string[])[],
): readonly (readonly string[])[] {
  return rows.length === 0 ? [] : titled(title, rows);
}

/** Puts the title before the first row. */
function titled(title: string, rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  if (rows.length === 0) return [[title, '-']];
  return rows.map(([, text = ''], index) => [index === 0 ? title : '', text]);
}

function shortId(id: string): string {
  return id.length > 16 ? `${id.slice(0, 12)}...` : id;
}

function age(milliseconds: Json): string {
  if (typeof milliseconds !== 'number') return 'not since the daemon started';
  return `${Math.round(milliseconds / 1000)} s ago`;
}
