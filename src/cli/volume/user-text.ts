import { field, type Json, listField, textField } from '../../core/json.ts';

/** "container web of Docker (running, 3f2a1b0c9d8e) at /data" */
export function userText(user: Json): string {
  const kind = textField(user, 'kind');
  const place = `at ${textField(user, 'mountpoint')}`;
  const id = textField(user, 'id');
  if (kind === 'mount') return `a mount of this host ${place}`;
  const process = `process ${field(user, 'pid')} (${textField(user, 'command')})`;
  if (kind === 'process') return `${process} ${place}`;
  if (kind === 'task') return `a task of Mesos in container ${id}, ${process} ${place}`;
  const name = textField(user, 'name');
  if (name === '') return `container ${id.slice(0, 12)}, ${process} ${place}`;
  const about = `${textField(user, 'state') || 'in use'}, ${id.slice(0, 12)}`;
  return `container ${name} of ${textField(user, 'engine')} (${about}) ${place}`;
}

/** Names told before the rest is counted. */
const most = 3;

/** The users that the kernel shows, or else the holders. */
export function whoOf(volume: Json): string {
  const users = listField(volume, 'users').map((user) => {
    const container = textField(user, 'containerId').slice(0, 12);
    const process = `process ${field(user, 'pid')}`;
    return `${container === '' ? process : `container ${container}`} (${textField(user, 'command')})`;
  });
  const mounts = listField(volume, 'ownMounts').map((path) => `mount ${path}`);
  const holders = listField(volume, 'holders').map((holder) => textField(holder, 'id').slice(0, 12));
  const who = users.length + mounts.length > 0 ? [...users, ...mounts] : holders;
  const more = who.length > most ? ` and ${who.length - most} more` : '';
  return who.slice(0, most).join(', ') + more || '-';
}
