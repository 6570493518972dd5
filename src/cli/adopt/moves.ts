import { join } from 'node:path';
import { listField } from '../../core/json.ts';
import { quote, type VolumeName } from '../../core/names.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { AdminClient } from '../admin-client.ts';
import { driverVolumesPath, dryRunPath } from '../volume/paths.ts';
import type { DataFolder } from './found.ts';
import { abandonMove, moveDirectory, requireMovable, requireRoom } from './move.ts';
import type { MoveHost } from './move-host.ts';
import { forgetMove, type Move, readMove } from './move-record.ts';
import { undo } from './undo.ts';

/** A volume of which the data is a directory of this host. */
interface Movable {
  readonly client: AdminClient;
  readonly driver: string;
  readonly name: VolumeName;
  readonly data: DataFolder;
}

export interface Moves {
  take(
    one: Movable,
    how: { readonly act: 'adopt' | 'undo'; readonly dryRun: boolean },
  ): Promise<
    'moved' | 'would be moved' | 'is adopted' | 'moved back' | 'would be moved back' | 'not adopted'
  >;
}

/** Into a folder below the driver's `allowedRoots`, where they are adopted. */
export function movesInto(host: MoveHost, folder: string): Moves {
  return {
    take: (one, { act, dryRun }) =>
      act === 'undo' ? moveBack(host, one, folder, dryRun) : moveIn(host, one, folder, dryRun),
  };
}

async function moveIn(host: MoveHost, one: Movable, folder: string, dryRun: boolean) {
  const { client, driver, name } = one;
  const move = inwards(one, folder);
  const options = { path: move.to };
  const create = (verb: { readonly path: string }) =>
    client.ask('POST', dryRunPath(driver), { verb: 'create', name, options: verb });
  if ((await readMove(host, move)) === 'moved') {
    if (listField(await create(options), 'steps').length === 0) return 'is adopted';
  } else {
    // Whether the driver would take it, before anything is touched: the target is not there yet, its folder is.
    await create({ path: folder });
    await requireMovable(host, move);
  }
  if (dryRun) return 'would be moved';
  await forgetMove(host, outwards(one, folder));
  await moveDirectory(host, move);
  await client.ask('POST', driverVolumesPath(driver), { name, options });
  return 'moved';
}

async function moveBack(host: MoveHost, one: Movable, folder: string, dryRun: boolean) {
  const { client, driver, name } = one;
  const [there, back] = [inwards(one, folder), outwards(one, folder)];
  const state = await readMove(host, there);
  if (state === undefined) return 'not adopted';
  if (state !== 'moved') {
    if (!(await abandonMove(host, there, dryRun))) throw unfinished(name);
    return dryRun ? 'would be moved back' : 'moved back';
  }
  if ((await readMove(host, back)) === undefined) {
    // What stands in the way is to be found before the name is forgotten.
    await requireRoom(host, back);
    await undo(client, driver, { name, options: { path: there.to } }, dryRun);
    await requireMovable(host, back);
  }
  if (dryRun) return 'would be moved back';
  await moveDirectory(host, back);
  await forgetMove(host, there);
  await forgetMove(host, back);
  return 'moved back';
}

function inwards({ name, data }: Movable, folder: string): Move {
  const notes = join(folder, '.holdfast-moves');
  return { name, way: 'in', from: data.path, to: join(folder, name), aside: data.aside, notes };
}

function outwards(one: Movable, folder: string): Move {
  const { name, from, to, notes } = inwards(one, folder);
  return { name, way: 'back', from: to, to: from, aside: join(notes, `${name}.moved-back`), notes };
}

function unfinished(name: VolumeName): VolumeError {
  const message = `Volume ${quote(name)} was not moved back: its move was interrupted. Finish it first, without --undo.`;
  return new VolumeError('conflict', message);
}
