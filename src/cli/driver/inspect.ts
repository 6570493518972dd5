import { field, type Json, listField, numberField, textField, textsField } from '../../core/json.ts';
import { parseDriverName } from '../../core/names.ts';
import type { AdminClient } from '../admin-client.ts';
import type { CommandResult } from '../command-result.ts';
import { table } from '../table.ts';
import { countText } from './ls.ts';

export async function inspectDriver(client: AdminClient, name: string): Promise<CommandResult> {
  const driver = await client.ask('GET', `/v1/drivers/${encodeURIComponent(parseDriverName(name))}`);
  return { json: driver, text: described(driver) };
}

function described(driver: Json): string {
  const members = listField(driver, 'members').map(String);
  const health = field(driver, 'health');
  return table([
    ['Driver', textField(driver, 'name')],
    ['Backend', textField(driver, 'backend')],
    ...(members.length === 0 ? [] : [['Members', members.join(', ')]]),
    ['Scope', textField(driver, 'scope')],
    ['Sharing', textField(driver, 'sharing')],
    ['Socket', textField(driver, 'socket') || '-'],
    ['Volumes', countsOf(driver)],
    ['List read', ageOf(driver)],
    ...(health === undefined ? [] : healthRows(health)),
    ...section('Settings', settingsOf(field(driver, 'settings'))),
    ...section('Defaults', settingsOf(field(driver, 'defaults'))),
    ...section(
      'Profiles',
      textsOf(field(driver, 'profiles')).map(
        ([profile, options]) => `${profile}: ${settingsOf(options).join(', ')}`,
      ),
    ),
  ]);
}

function countsOf(driver: Json): string {
  const unreadable = numberField(driver, 'unreadable') ?? 0;
  const broken = unreadable === 0 ? '' : `, ${unreadable} unreadable`;
  return `${countText(driver, 'volumes')}, ${countText(driver, 'mounted')} mounted, ${countText(driver, 'held')} held${broken}`;
}

function ageOf(driver: Json): string {
  const age = numberField(driver, 'catalogAge');
  return age === undefined ? 'not since the daemon started' : `${Math.round(age / 1000)} s ago`;
}

function healthRows(health: Json): readonly (readonly string[])[] {
  return [
    ['Server', `${textField(health, 'server')}: ${textField(health, 'state')}`],
    ['', textField(health, 'detail')],
  ];
}

function settingsOf(settings: Json): readonly string[] {
  return textsOf(settings).map(([name, value]) => `${name}=${valueText(value)}`);
}

function valueText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function textsOf(value: Json): readonly (readonly [string, Json])[] {
  return textsField({ value }, 'value').map(([name]) => [name, field(value, name)]);
}

function section(title: string, lines: readonly string[]): readonly (readonly string[])[] {
  return lines.map((line, index) => [index === 0 ? title : '', line]);
}
