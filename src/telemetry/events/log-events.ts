import { listField, textField } from '../../core/json.ts';
import type { Log, LogLevel } from '../../core/log.ts';
import { operatorWords } from '../../core/operator-words.ts';
import type { NewEvent, Outcome } from '../../core/volume-event.ts';
import { withWaysOut } from '../../core/way-out.ts';

/** For each event of the log: what happened, in a word or two, and the outcome. Other events do not concern a volume. */
const rows: Readonly<Record<string, readonly [what: string, outcome: Outcome]>> = {
  attached: ['attach', 'ok'],
  detached: ['detach', 'ok'],
  'detach-failed': ['detach', 'failed'],
  'disk-grown': ['resize', 'ok'],
  'disk-not-grown': ['resize', 'failed'],
  'volume-not-grown': ['resize', 'failed'],
  'holder-dropped': ['drop-holder', 'ok'],
  'containers-must-restart': ['dead-mount', 'failed'],
  'container-not-started': ['container', 'failed'],
  'backup-made': ['backup', 'ok'],
  'backup-failed': ['backup', 'failed'],
  'backup-proven': ['prove', 'ok'],
  'backup-not-proven': ['prove', 'failed'],
  'backup-late': ['backup-late', 'failed'],
  'backup-restored': ['restore', 'ok'],
  'backup-deleted': ['delete-backup', 'ok'],
  recovered: ['recover', 'ok'],
  'recovery-failed': ['recover', 'failed'],
  'driver-failed': ['start', 'failed'],
  'driver-not-reloaded': ['reload', 'failed'],
  'server-state': ['server', 'ok'],
  'share-lost': ['share', 'unavailable'],
  'unmount-goes-on': ['unmount', 'timeout'],
  'undo-failed': ['undo', 'failed'],
  'reap-failed': ['take-down', 'failed'],
  'release-failed': ['take-down', 'failed'],
  'purge-failed': ['purge', 'failed'],
};

/** Passes everything that the log gets to listeners too, including what its level leaves out. */
export function watchedLog(
  inner: Log,
  hear: (event: string, fields: Readonly<Record<string, unknown>>) => void,
): Log {
  return {
    enabled: (level: LogLevel) => inner.enabled(level),
    write(level, event, fields = {}) {
      inner.write(level, event, fields);
      hear(event, fields);
    },
  };
}

/** The events for a line of the log: usually none, otherwise one for each volume of a container or each reloaded driver. */
export function logEvents(event: string, fields: Readonly<Record<string, unknown>>): readonly NewEvent[] {
  if (event === 'reloaded') return reloadEvents(fields);
  const row = Object.hasOwn(rows, event) ? rows[event] : undefined;
  if (row === undefined) return [];
  const [what, usual] = row;
  const volume = textField(fields, 'volume');
  const volumes = volume === '' ? listField(fields, 'volumes').map(String) : [volume];
  const message = messageOf(event, fields);
  const common: NewEvent = {
    what,
    driver: textField(fields, 'driver'),
    outcome: outcomeOf(fields, usual),
    asker: { door: 'daemon' },
    ...(message === '' ? {} : { message }),
    ...(typeof fields.ms === 'number' ? { ms: fields.ms } : {}),
  };
  return volumes.length === 0 ? [common] : volumes.map((name) => ({ ...common, volume: name }));
}

function reloadEvents(fields: Readonly<Record<string, unknown>>): readonly NewEvent[] {
  return ['added', 'changed', 'removed'].flatMap((message) =>
    listField(fields, message).map(
      (driver): NewEvent => ({
        what: 'reload',
        driver: String(driver),
        outcome: 'ok',
        asker: { door: 'daemon' },
        message,
      }),
    ),
  );
}

function outcomeOf(fields: Readonly<Record<string, unknown>>, usual: Outcome): Outcome {
  const state = textField(fields, 'state');
  return state === '' || state === 'ok' || state === 'slow' ? usual : 'unavailable';
}

/** The message for users, from whichever field has it. */
function messageOf(event: string, fields: Readonly<Record<string, unknown>>): string {
  const error =
    fields.error instanceof Error ? withWaysOut(fields.error, operatorWords) : textField(fields, 'error');
  const subject = textField(fields, event === 'container-not-started' ? 'container' : 'server');
  const words = [
    subject,
    textField(fields, 'action'),
    textField(fields, 'state'),
    textField(fields, 'disk'),
    textField(fields, 'id') && `ID ${textField(fields, 'id')}`,
    textField(fields, 'users'),
    textField(fields, 'reason') || textField(fields, 'why') || textField(fields, 'detail'),
    error,
  ];
  return words.filter((word) => word !== '').join(': ');
}
