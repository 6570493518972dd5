import { field, type Json, listField, textField } from '../../core/json.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { AdminClient } from '../admin-client.ts';
import type { CommandResult } from '../command-result.ts';
import { table } from '../table.ts';
import { whoOf } from '../volume/user-text.ts';

/** Exit code 0: nobody loses a volume if this host stops. 1: somebody may. */
export async function checkDrain(client: AdminClient, columns: number | undefined): Promise<CommandResult> {
  const answer = await client.ask('GET', '/v1/drain');
  const volumes = listField(answer, 'volumes');
  const isSafe = field(answer, 'isSafe') === true;
  return {
    json: answer,
    text: described(volumes, isSafe, columns),
    failures: listField(answer, 'unknown').map(unknownDriver),
    exitCode: isSafe ? 0 : 1,
  };
}

function described(volumes: readonly Json[], isSafe: boolean, columns: number | undefined): string {
  if (volumes.length === 0)
    return isSafe
      ? 'Nothing is mounted here: this host can be stopped.'
      : 'It is unknown whether this host can be stopped.';
  const rows = volumes.map((volume) => [
    textField(volume, 'driver'),
    textField(volume, 'name'),
    `${textField(volume, 'state')}${field(volume, 'cutsWriter') === true ? ', writes' : ''}`,
    whoOf(volume),
    textField(volume, 'after'),
    textField(volume, 'why'),
  ]);
  const head = ['DRIVER', 'NAME', 'STATE', 'BY', 'DATA AVAILABLE', 'WHY'];
  const verdict = isSafe
    ? 'Nobody uses what is mounted here: this host can be stopped.'
    : 'This host cannot be stopped yet.';
  return `${table([head, ...rows], columns)}\n${verdict}`;
}

function unknownDriver(unknown: Json): VolumeError {
  const error = field(unknown, 'error');
  return new VolumeError('failed', `Driver ${textField(unknown, 'driver')}: ${textField(error, 'message')}`);
}
