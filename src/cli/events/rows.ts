import { field, type Json, textField } from '../../core/json.ts';

/** Who asked, in a few words: "dockerd (812)", "admin: node (991, uid 1000)", "the daemon". */
export function askerText(event: Json): string {
  const asker = field(event, 'asker');
  const door = textField(asker, 'door');
  if (door === 'daemon') return 'the daemon';
  const process = field(asker, 'process');
  if (process === undefined) return `${door} socket`;
  const uid = field(process, 'uid');
  const user = uid === 0 ? '' : `, uid ${uid}`;
  const who = `${textField(process, 'command') || 'a process'} (${field(process, 'pid')}${user})`;
  return door === 'plugin' ? who : `${door}: ${who}`;
}

/** The event's message and how long it took. */
export function messageText(event: Json): string {
  const repeated = field(event, 'repeated');
  const ms = field(event, 'ms');
  const words = [
    textField(event, 'message'),
    typeof repeated === 'number' ? `(and ${repeated} times before)` : '',
    typeof ms === 'number' && textField(event, 'message') === '' ? `took ${durationText(ms)}` : '',
  ];
  return words.filter((word) => word !== '').join(' ');
}

function durationText(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** The time since then: "12 s", "3 min", "5 h", "2 d". */
export function agoText(time: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(time)) / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}
