import { field, type Json, listField, textField } from '../../core/json.ts';
import type { AdminClient } from '../admin-client.ts';
import { deadMountText, serverTrouble } from '../marks.ts';
import { volumeHint } from '../volume/choose-driver.ts';
import { askSoon, type Said } from './ask-soon.ts';

/** One driver's answers about a name: the volume, and all removed volumes. */
export interface DriverAnswer {
  readonly driver: string;
  readonly volume: Said;
  readonly removed: Said;
}

/** The volume's state in a sentence or two; if it does not exist, what happened to it, or which name may have been meant. */
export async function presentState(
  client: AdminClient,
  name: string,
  answers: readonly DriverAnswer[],
  events: readonly Json[],
): Promise<string> {
  const present = answers.flatMap(({ driver, volume }) =>
    volume.kind === 'told' ? [presentText(name, driver, volume.answer)] : [],
  );
  const untold = answers.flatMap(({ driver, volume }) =>
    volume.kind === 'untold'
      ? [`Driver ${driver} does not say whether it has volume ${name}: ${volume.reason}`]
      : [],
  );
  if (present.length > 0 || untold.length > 0) return [...present, ...untold].join(' ');
  const removed = answers.flatMap(({ driver, removed }) => removedText(name, driver, removed));
  if (removed.length > 0) return removed.join(' ');
  return absentText(client, name, answers, events);
}

function presentText(name: string, driver: string, volume: Json): string {
  const unreadable = textField(volume, 'unreadable');
  if (unreadable !== '') return unreadable;
  const mountpoint = textField(volume, 'mountpoint');
  const holders = listField(volume, 'holders').length;
  const holding =
    holders === 0 ? 'nobody holds it' : `${holders === 1 ? 'one holder has' : `${holders} holders have`} it`;
  const place = mountpoint === '' ? 'is not mounted on this host' : `is mounted at ${mountpoint}`;
  const dead = listField(volume, 'mustRestart').length;
  return [
    `Volume ${name} exists in driver ${driver}; it ${place}, and ${holding}.`,
    dead > 0 ? deadMountText(name) : '',
    serverTrouble(field(volume, 'health')) ?? '',
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

function removedText(name: string, driver: string, removed: Said): readonly string[] {
  if (removed.kind !== 'told') return [];
  const found = listField(removed.answer, 'removed').find((volume) => textField(volume, 'name') === name);
  if (found === undefined) return [];
  const until = textField(found, 'purgeAfter');
  const kept = until === '' ? 'its data is kept' : `its data is kept until ${until}`;
  return [
    `Volume ${name} was removed from driver ${driver} at ${textField(found, 'removedAt')}, and ${kept}: ` +
      `bring it back with \`holdfast volume undelete ${name} --driver ${driver}\`.`,
  ];
}

async function absentText(
  client: AdminClient,
  name: string,
  answers: readonly DriverAnswer[],
  events: readonly Json[],
): Promise<string> {
  const unsure = answers.filter(({ removed }) => removed.kind !== 'told').map(({ driver }) => driver);
  const trash =
    unsure.length > 0 ? ` The removed volumes of driver ${unsure.join(', ')} are unknown now.` : '';
  const end = events.findLast(
    (event) => textField(event, 'volume') === name && ['purge', 'delete'].includes(textField(event, 'what')),
  );
  if (end !== undefined) {
    return `Volume ${name} was removed from driver ${textField(end, 'driver')}, and its data was deleted at ${textField(end, 'time')}.${trash}`;
  }
  const listed = await askSoon(client, '/v1/volumes');
  const volumes = listed.kind === 'told' ? listField(listed.answer, 'volumes') : [];
  return `There is no volume ${name}.${trash} ${await volumeHint(name, volumes)}`;
}
