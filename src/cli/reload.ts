import { field, listField, textField } from '../core/json.ts';
import { listed } from '../core/listed.ts';
import { printable } from '../core/printable.ts';
import { errorCodes, VolumeError } from '../core/volume-error.ts';
import type { AdminClient } from './admin-client.ts';
import type { CommandResult } from './command-result.ts';

/** Makes the daemon take up its changed configuration. Rejects with its error, and nothing has changed then. */
export async function reload(client: AdminClient): Promise<CommandResult> {
  const answer = await client.ask('POST', '/v1/reload');
  const done = ['Added', 'Changed', 'Removed'].flatMap((what) => {
    const names = listField(answer, what.toLowerCase()).map(String);
    return names.length === 0 ? [] : [`${what}: ${printable(listed(names))}.`];
  });
  const failures = listField(answer, 'refused').map((refused) => {
    const error = field(refused, 'error');
    const code = errorCodes.find((known) => known === textField(error, 'code')) ?? 'failed';
    return new VolumeError(code, textField(error, 'message'));
  });
  const isSame = done.length === 0 && failures.length === 0;
  return { json: answer, text: isSame ? 'The configuration has not changed.' : done.join('\n'), failures };
}
