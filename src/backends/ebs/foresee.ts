import type { Volume } from '../../core/volume.ts';
import type { Change, DataFate } from '../backend.ts';
import { fateOf } from '../shared/recorded/foresee.ts';
import { requireAdoptable } from './adopt-disk.ts';
import type { EbsContext } from './context.ts';
import { requireFreeName } from './create-disk.ts';
import { findReadable } from './find/by-name.ts';
import { refuseElsewhere } from './removal/let-go.ts';
import { removalOf } from './removal/remove.ts';
import { requireRecoverable, requireRenamable } from './removal/undelete.ts';

/** Only asks EC2. A limit of the account shows in the act alone. */
export async function foreseeDisk(
  context: EbsContext,
  change: Change,
  signal: AbortSignal,
): Promise<DataFate | undefined> {
  if (change.verb === 'remove') return foreseeRemove(context, change.volume, signal);
  if (change.verb === 'undelete') await foreseeUndelete(context, change, signal);
  else await foreseeCreate(context, change.volume, signal);
  return undefined;
}

async function foreseeUndelete(
  context: EbsContext,
  { removed, as }: Change & { readonly verb: 'undelete' },
  signal: AbortSignal,
): Promise<void> {
  if (as === undefined) await requireRecoverable(context, removed.volume, signal);
  else await requireRenamable(context, removed.volume, as, signal);
}

async function foreseeCreate(context: EbsContext, volume: Volume, signal: AbortSignal): Promise<void> {
  const { present } = await requireFreeName(context, volume, signal);
  const { volumeId } = volume.options;
  if (present === undefined && volumeId !== undefined)
    await requireAdoptable(context, volume, volumeId, signal);
}

async function foreseeRemove(
  context: EbsContext,
  volume: Volume,
  signal: AbortSignal,
): Promise<DataFate | undefined> {
  const { present } = await findReadable(context, volume.name, signal);
  if (present?.record.volume.id !== volume.id) return undefined;
  await refuseElsewhere(context, present, `Volume ${volume.name} could not be removed`, signal);
  return fateOf(removalOf(context, present));
}
