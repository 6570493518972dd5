import { field, textField } from '../../core/json.ts';
import { parseVolumeName } from '../../core/names.ts';
import { parseSourceName } from '../../core/protect/snapshot.ts';
import { asVolumeError, VolumeError } from '../../core/volume-error.ts';
import type { AdminClient } from '../admin-client.ts';
import { type AroundOptions, aroundOf } from '../around-options.ts';
import type { CommandResult, TargetOptions } from '../command-result.ts';
import { driverOfVolume } from '../volume/choose-driver.ts';
import { dryRunEach, dryRun as foresee, type Wished } from '../volume/dry-run.ts';
import { driverVolumesPath, volumePath } from '../volume/paths.ts';
import { driverOfSnapshots } from '../volume/snapshot-driver.ts';
import { parseSnapshotOf } from './names.ts';

interface ChangeOptions extends TargetOptions {
  readonly dryRun?: boolean;
}

interface CopyingOptions extends ChangeOptions {
  readonly whileInUse?: boolean;
}

type TakingOptions = CopyingOptions & AroundOptions;

/** What the daemon would do with each of these snapshots. */
function foreseeEach(
  client: AdminClient,
  named: readonly string[],
  wished: Pick<Wished, 'verb' | 'driver' | 'place' | 'whileInUse' | 'around'>,
): Promise<CommandResult> {
  return dryRunEach(client, named, (one) => {
    const { volume, snapshot } = parseSnapshotOf(one);
    return [volume, { ...wished, snapshot }];
  });
}

export async function createSnapshot(
  client: AdminClient,
  named: string,
  options: TakingOptions,
): Promise<CommandResult> {
  const { driver, dryRun = false, whileInUse } = options;
  const live = whileInUse ? { whileInUse } : {};
  const around = aroundOf(options);
  if (dryRun) return foreseeEach(client, [named], { verb: 'snapshot', ...about(driver), ...live, around });
  const { volume, snapshot: name } = parseSnapshotOf(named);
  const owner = await driverOfVolume(client, volume, driver);
  const made = await client.ask('POST', `${volumePath(owner, volume)}/snapshots`, {
    name,
    ...live,
    ...around,
  });
  const how = howMade[textField(made, 'consistency')] ?? '';
  const copying =
    typeof field(made, 'progress') === 'number'
      ? ` The storage still copies it; \`holdfast snapshot ls ${volume}\` shows how far it is, and a copy of it waits for that.`
      : '';
  return { json: made, text: `Snapshot ${volume}@${name} exists in driver ${owner}. ${how}${copying}` };
}

const howMade: Readonly<Record<string, string>> = {
  unmounted: 'Nobody used the volume meanwhile.',
  frozen: 'The volume was in use: the snapshot has what a power cut at that moment would have left.',
  paused: 'The containers that use the volume were paused meanwhile.',
  live: 'The volume was in use, and was copied file by file: its files may be of different moments, which is wrong for a database.',
};

/** Removes one after the other. If one fails, the others are still removed; if one cannot be a name, none is. */
export async function removeSnapshots(
  client: AdminClient,
  named: readonly string[],
  { driver, dryRun = false }: ChangeOptions,
): Promise<CommandResult> {
  if (dryRun) return foreseeEach(client, named, { verb: 'remove-snapshot', ...about(driver) });
  const removed: object[] = [];
  const lines: string[] = [];
  const failures: VolumeError[] = [];
  for (const { volume, snapshot } of named.map(parseSnapshotOf)) {
    try {
      const owner = await driverOfSnapshots(client, volume, driver);
      const path = `${volumePath(owner, volume)}/snapshots/${encodeURIComponent(snapshot)}`;
      removed.push(await client.ask('DELETE', path));
      lines.push(`Snapshot ${volume}@${snapshot} was removed from driver ${owner}.`);
    } catch (error) {
      failures.push(asVolumeError(error, `Snapshot ${volume}@${snapshot} was not removed`));
    }
  }
  return { json: { removed }, text: lines.join('\n'), failures };
}

export async function copySnapshot(
  client: AdminClient,
  named: string,
  { driver, dryRun = false, to: place }: ChangeOptions & { readonly to: string },
): Promise<CommandResult> {
  if (dryRun) return foreseeEach(client, [named], { verb: 'copy-snapshot', place, ...about(driver) });
  const { volume, snapshot } = parseSnapshotOf(named);
  const owner = await driverOfSnapshots(client, volume, driver);
  const path = `${volumePath(owner, volume)}/snapshots/${encodeURIComponent(snapshot)}/copy`;
  const copy = await client.ask('POST', path, { place });
  const progress = field(copy, 'progress');
  const far =
    typeof progress === 'number'
      ? `${progress} % of it is copied so far: the same command again tells how far it is.`
      : 'It is complete.';
  const text = `Snapshot ${volume}@${snapshot} has the copy ${textField(copy, 'id')} in ${place}. ${far}`;
  return { json: copy, text };
}

type CloneOptions = TakingOptions & {
  readonly option?: Readonly<Record<string, string>>;
};

export async function cloneVolume(
  client: AdminClient,
  source: string,
  name: string,
  wished: CloneOptions,
): Promise<CommandResult> {
  const { driver, option = {}, dryRun = false, whileInUse } = wished;
  parseVolumeName(name);
  if ('from' in option)
    throw new VolumeError('invalid', 'The option `from` is the source that the command names: leave it out.');
  const { volume, snapshot } = parseSourceName(source);
  const ownerOf = snapshot === undefined ? driverOfVolume : driverOfSnapshots;
  const owner = await ownerOf(client, volume, driver);
  const from = snapshot === undefined ? volume : `${volume}@${snapshot}`;
  const options = { ...option, from, ...(whileInUse ? { whileInUse: 'true' } : {}) };
  const around = aroundOf(wished);
  if (dryRun) return foresee(client, [name], { verb: 'create', driver: owner, option: options, around });
  const created = await client.ask('POST', driverVolumesPath(owner), { name, options, ...around });
  return { json: created, text: `Volume ${name} exists in driver ${owner}, with the data of ${from}.` };
}

export async function rollbackVolume(
  client: AdminClient,
  named: string,
  { driver, dryRun = false }: ChangeOptions,
): Promise<CommandResult> {
  if (dryRun) return foreseeEach(client, [named], { verb: 'rollback', ...about(driver) });
  const { volume, snapshot } = parseSnapshotOf(named);
  const owner = await driverOfVolume(client, volume, driver);
  const answer = await client.ask('POST', `${volumePath(owner, volume)}/rollback`, { snapshot });
  const kept = field(answer, 'kept');
  const until = textField(kept, 'purgeAfter');
  const text =
    `Volume ${volume} has the data of its snapshot ${snapshot}. What it had before is kept${until === '' ? '' : ` until ${until}`}: ` +
    `remove the volume, then bring that back with \`holdfast volume undelete ${volume} --driver ${owner} --id ${textField(kept, 'id')}\`.`;
  return { json: answer, text };
}

export async function growVolume(
  client: AdminClient,
  name: string,
  size: string,
  { driver, dryRun = false }: ChangeOptions,
): Promise<CommandResult> {
  if (dryRun) return foresee(client, [name], { verb: 'grow', size, ...about(driver) });
  const owner = await driverOfVolume(client, name, driver);
  const grown = await client.ask('POST', `${volumePath(owner, name)}/grow`, { size });
  const now = textField(field(grown, 'options'), 'size');
  return { json: grown, text: `Volume ${name} has ${now} now.` };
}

/** Other options, each as it was typed. */
interface Wishes {
  readonly option?: Readonly<Record<string, string>>;
  readonly type?: string;
  readonly iops?: string;
  readonly throughput?: string;
  readonly size?: string;
}

export async function modifyVolume(
  client: AdminClient,
  name: string,
  { driver, dryRun = false, option: more = {}, type, iops, throughput, size }: ChangeOptions & Wishes,
): Promise<CommandResult> {
  const wished = Object.entries({ type, iops, throughput, size, ...more }).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  );
  const option = Object.fromEntries(wished);
  if (dryRun) return foresee(client, [name], { verb: 'modify', option, ...about(driver) });
  const owner = await driverOfVolume(client, name, driver);
  const modified = await client.ask('POST', `${volumePath(owner, name)}/modify`, { options: option });
  const has = Object.entries(field(modified, 'options') ?? {});
  const nowOf = (key: string, asked: string) => has.find(([name]) => name === key)?.[1] ?? asked;
  const now = wished.map(([key, asked]) => `${key} ${nowOf(key, asked)}`.trimEnd()).join(', ');
  const sharing = textField(await client.ask('GET', `/v1/drivers/${encodeURIComponent(owner)}`), 'sharing');
  const elsewhere =
    sharing === 'many-hosts'
      ? ' Where another host has it mounted, this takes effect with its next mount there.'
      : '';
  return { json: modified, text: `Volume ${name} has ${now} now.${elsewhere}` };
}

function about(driver: string | undefined): TargetOptions {
  return driver === undefined ? {} : { driver };
}
