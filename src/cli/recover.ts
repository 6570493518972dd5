import type { RecoveryStep } from '../core/decisions/recovery-plan.ts';
import { field, type Json, listField, textField } from '../core/json.ts';
import { printable } from '../core/printable.ts';
import type { TakenStep } from '../driver/volume-driver.ts';
import type { AdminClient } from './admin-client.ts';
import type { CommandResult } from './command-result.ts';
import { table } from './table.ts';

export interface RecoverHow {
  readonly dryRun: boolean;
}

/** Recovers in this process, while no daemon runs. */
export type RecoverOffline = (
  how: RecoverHow,
) => Promise<readonly { readonly driver: string; readonly steps: readonly (RecoveryStep | TakenStep)[] }[]>;

/** Asks the daemon to recover. If none answers, recovers in this process. */
export async function recover(
  client: AdminClient,
  offline: RecoverOffline,
  how: RecoverHow,
): Promise<CommandResult> {
  const answer = (await client.isAnswered())
    ? await client.ask(how.dryRun ? 'GET' : 'POST', '/v1/recovery')
    : { drivers: await offline(how) };
  const drivers = listField(answer, 'drivers');
  const failed = drivers.some((driver) => hasError(driver) || listField(driver, 'steps').some(hasError));
  return {
    json: { dryRun: how.dryRun, drivers },
    text: drivers.map((driver) => described(driver, how)).join('\n'),
    exitCode: failed ? 1 : 0,
  };
}

function hasError(value: Json): boolean {
  return field(value, 'error') !== undefined;
}

function described(driver: Json, { dryRun }: RecoverHow): string {
  const name = textField(driver, 'driver');
  if (hasError(driver))
    return printable(`Driver ${name} failed: ${textField(field(driver, 'error'), 'message')}`);
  const steps = listField(driver, 'steps');
  if (steps.length === 0) return `Driver ${name}: nothing to do.`;
  const rows = steps.map((step) => [
    `  ${textField(step, 'action')}`,
    textField(step, 'volume'),
    textField(step, 'why'),
    outcome(step, dryRun),
  ]);
  return `Driver ${name}${dryRun ? ' would' : ''}:\n${table(rows)}`;
}

function outcome(step: Json, dryRun: boolean): string {
  if (dryRun) return '';
  return hasError(step) ? `failed: ${textField(step, 'error')}` : 'done';
}
