import { field, listField, textField } from '../core/json.ts';
import { listed } from '../core/listed.ts';
import { printable } from '../core/printable.ts';
import { errorCodes, VolumeError } from '../core/volume-error.ts';
import type { AdminClient } from './admin-client.ts';
import type { CommandResult } from './command-result.ts';

/**
 * Makes the daemon apply its changed configuration, or with `dryRun` report what it would apply. Rejects with the daemon's error;
 * then nothing has changed.
 */
export async function reload(
  client: AdminClient,
  { dryRun }: { readonly dryRun: boolean },
): Promise<CommandResult> {
  const answer = await client.ask(dryRun ? 'GET' : 'POST', '/v1/reload');
  const done = ['added', 'changed', 'removed'].flatMap((what) => {
    const names = listField(answer, what).map(String);
    const began = dryRun ? `Would be ${what}` : `${what.charAt(0).toUpperCase()}${what.slice(1)}`;
    return names.length === 0 ? [] : [`${began}: ${printable(listed(names))}.`];
  });
  const failures = listField(answer, 'refused').map((refused) => {
    const error = field(refused, 'error');
    const code = errorCodes.find((known) => known === textField(error, 'code')) ?? 'failed';
    return new VolumeError(code, textField(error, 'message'));
  });
  const isSame = done.length === 0 && failures.length === 0;
  const json = dryRun ? { dryRun, ...answer } : answer;
  return { json, text: isSame ? 'The configuration has not changed.' : done.join('\n'), failures };
}
