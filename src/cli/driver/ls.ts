import { field, type Json, listField, numberField, textField } from '../../core/json.ts';
import type { AdminClient } from '../admin-client.ts';
import type { CommandResult } from '../command-result.ts';
import { table } from '../table.ts';

/** `columns`: width of the terminal; absent in a pipe. */
export async function listDrivers(client: AdminClient, columns: number | undefined): Promise<CommandResult> {
  const drivers = listField(await client.ask('GET', '/v1/drivers'), 'drivers');
  const rows = drivers.map((driver) => [
    textField(driver, 'name'),
    textField(driver, 'backend'),
    textField(driver, 'scope'),
    countText(driver, 'volumes'),
    countText(driver, 'mounted'),
    healthOf(driver),
    textField(driver, 'socket') || '-',
  ]);
  const head = ['DRIVER', 'BACKEND', 'SCOPE', 'VOLUMES', 'MOUNTED', 'HEALTH', 'SOCKET'];
  return {
    json: { drivers },
    text: table([head, ...rows], columns),
    colours: [undefined, ...drivers.map((driver) => (isWell(driver) ? undefined : 'yellow'))],
  };
}

export function countText(driver: Json, key: string): string {
  return `${numberField(driver, key) ?? 'unknown'}`;
}

function healthOf(driver: Json): string {
  return textField(field(driver, 'health'), 'state') || '-';
}

function isWell(driver: Json): boolean {
  return ['-', 'ok'].includes(healthOf(driver));
}
