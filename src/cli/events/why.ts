import { type Json, listField, textField } from '../../core/json.ts';
import { parseVolumeName } from '../../core/names.ts';
import type { AdminClient } from '../admin-client.ts';
import type { CommandResult } from '../command-result.ts';
import { table } from '../table.ts';
import { storageDrivers } from '../volume/choose-driver.ts';
import { removedPath, volumePath } from '../volume/paths.ts';
import { askSoon } from './ask-soon.ts';
import { type DriverAnswer, presentState } from './present-state.ts';
import { agoText, askerText, messageText } from './rows.ts';

/** How far back it looks, in milliseconds: a week. */
const span = 7 * 86_400_000;
/** Number of events shown. */
const most = 20;

/** Why a container with this volume did not start: the volume's state, then its events, newest first. */
export async function whyVolume(client: AdminClient, name: string, now = Date.now()): Promise<CommandResult> {
  parseVolumeName(name);
  const since = encodeURIComponent(new Date(now - span).toISOString());
  const [drivers, recorded] = await Promise.all([
    storageDrivers(client),
    client.ask('GET', `/v1/events?since=${since}`),
  ]);
  const answers = await Promise.all(drivers.map((driver) => askDriver(client, driver, name)));
  const all = listField(recorded, 'events');
  const state = await presentState(client, name, answers, all);
  const events = concerning(name, all, ownersOf(answers)).slice(-most).reverse();
  return { json: { volume: name, state, events }, text: [state, '', eventTable(events, now)].join('\n') };
}

async function askDriver(client: AdminClient, driver: string, name: string): Promise<DriverAnswer> {
  const [volume, removed] = await Promise.all([
    askSoon(client, volumePath(driver, name)),
    askSoon(client, removedPath(driver)),
  ]);
  return { driver, volume, removed };
}

function ownersOf(answers: readonly DriverAnswer[]): readonly string[] {
  return answers.filter(({ volume }) => volume.kind === 'told').map(({ driver }) => driver);
}

/** Events of the volume, and troubles of its drivers as a whole; of all drivers, if it is unknown which driver has it. */
function concerning(name: string, events: readonly Json[], owners: readonly string[]): readonly Json[] {
  const ofVolume = events.filter((event) => textField(event, 'volume') === name);
  const drivers = new Set([...owners, ...ofVolume.map((event) => textField(event, 'driver'))]);
  const isTrouble = (event: Json) =>
    textField(event, 'volume') === '' &&
    ['start', 'server', 'share'].includes(textField(event, 'what')) &&
    (drivers.size === 0 || drivers.has(textField(event, 'driver')));
  return events.filter((event) => textField(event, 'volume') === name || isTrouble(event));
}

function eventTable(events: readonly Json[], now: number): string {
  if (events.length === 0) return 'Nothing was recorded about it in the last 7 days.';
  const rows = events.map((event) => [
    agoText(textField(event, 'time'), now),
    textField(event, 'what'),
    textField(event, 'driver') || '-',
    askerText(event),
    textField(event, 'outcome'),
    messageText(event),
  ]);
  return table([['AGO', 'WHAT', 'DRIVER', 'BY', 'OUTCOME', 'MESSAGE'], ...rows]);
}
