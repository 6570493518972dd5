import { field, type Json, listField, textField } from '../../core/json.ts';
import { shortSize } from '../../core/sizes.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { AdminClient } from '../admin-client.ts';
import type { CommandResult } from '../command-result.ts';
import { table } from '../table.ts';

/** Lists the newest first. A repository that does not answer is a failure; the others are listed. */
export async function listBackups(
  client: AdminClient,
  volume: string | undefined,
  { repository }: { readonly repository?: string },
): Promise<CommandResult> {
  const query = repository === undefined ? '' : `?repository=${encodeURIComponent(repository)}`;
  const answer = await client.ask('GET', `/v1/backups${query}`);
  const all = listField(answer, 'backups');
  const backups = volume === undefined ? all : all.filter((one) => textField(one, 'volume') === volume);
  const failures = listField(answer, 'failures').map(
    (one) => new VolumeError('failed', textField(one, 'message')),
  );
  const head = ['BACKUP', 'VOLUME', 'DRIVER', 'HOST', 'CREATED', 'SIZE', 'PROVEN'];
  const text =
    backups.length > 0
      ? table([head, ...backups.map(rowOf)])
      : failures.length > 0
        ? ''
        : nothingText(answer);
  return { json: { backups, failures: listField(answer, 'failures') }, text, failures };
}

/** What is missing first. */
function nothingText(answer: object): string {
  const [repository] = listField(answer, 'repositories').map(String);
  const [plan] = listField(answer, 'plans').map(String);
  const restart = 'then restart Holdfast';
  if (repository === undefined)
    return `No repository is configured: add where backups are kept to \`repositories\` in the configuration, and what is backed up to \`backups\`, ${restart}.`;
  if (plan === undefined)
    return `No backup is configured: add what is backed up to repository ${repository} to \`backups\` in the configuration, ${restart}.`;
  return `There are no backups. Make one with \`holdfast backup run ${plan}\`.`;
}

function rowOf(backup: Json): readonly string[] {
  const bytes = field(backup, 'bytes');
  return [
    `${textField(backup, 'repository')}:${textField(backup, 'id')}`,
    textField(backup, 'volume'),
    textField(backup, 'driver'),
    textField(backup, 'host'),
    textField(backup, 'createdAt'),
    typeof bytes === 'number' ? shortSize(bytes) : '',
    provenText(field(backup, 'proof')),
  ];
}

function provenText(proof: Json | undefined): string {
  if (proof === undefined) return 'never';
  if (textField(proof, 'outcome') !== 'good') return `BAD: ${textField(proof, 'message')}`;
  return `${textField(proof, 'at')}${textField(proof, 'extent') === 'whole' ? '' : ' (a part)'}`;
}
