import { field, type Json, listField, textField } from '../../core/json.ts';
import { listed } from '../../core/listed.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { AdminClient } from '../admin-client.ts';
import { volumePath } from './paths.ts';
import { userText } from './user-text.ts';

export interface Users {
  readonly usedBy: readonly Json[];
  /** Engines that did not answer. */
  readonly notes: readonly string[];
}

/** Who prevents the removal of the volume. Never rejects: this is only additional information, and an older daemon does not have it. */
export async function usersOfVolume(client: AdminClient, driver: string, name: string): Promise<Users> {
  try {
    const answer = await client.ask('GET', `${volumePath(driver, name)}/users`);
    return {
      usedBy: listField(answer, 'usedBy'),
      notes: listField(answer, 'notes').map(String),
    };
  } catch {
    return { usedBy: [], notes: [] };
  }
}

/** Those that do not run, but refer to the volume: they cannot start without it. */
export function stoppedContainers(usedBy: readonly Json[]): readonly Json[] {
  return usedBy.filter((user) => textField(user, 'kind') === 'container' && field(user, 'pid') === undefined);
}

/** An `in-use` also names the containers. */
export async function withUsers(thrown: unknown, ask: () => Promise<Users>): Promise<unknown> {
  if (!(thrown instanceof VolumeError) || thrown.code !== 'in-use') return thrown;
  const { usedBy, notes } = await ask();
  const isKnown = usedBy.every((user) => isNamedIn(thrown.message, user));
  const users = isKnown ? [] : [`It is used by ${listed(usedBy.map(userText))}.`];
  return new VolumeError('in-use', [thrown.message, ...users, ...notes].join(' '), { cause: thrown });
}

/** Whether no engine has a name for it, and the message has its process. */
function isNamedIn(message: string, user: Json): boolean {
  return textField(user, 'engine') === '' && message.includes(`process ${field(user, 'pid')} (`);
}
