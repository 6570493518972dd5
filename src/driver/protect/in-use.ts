import type { FullCopy } from '../../backends/backend.ts';
import type { VolumeName } from '../../core/names.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { type DriverContext, mountpointOf } from '../context.ts';
import { putBackUnseen } from '../remove.ts';
import { unstage } from '../staging.ts';
import { describeUse, seeUse } from '../use.ts';

/** A volume that somebody uses, or may use in a moment. */
export interface InUse {
  readonly mountpoint: string;
  /** "is in use by process 4711 (postgres): stop it", for a message. */
  readonly words: string;
}

/**
 * Who has the volume now. Undefined: nobody, and it is no longer staged. Nobody can begin to use it while the caller is in the
 * volume's queue.
 */
export async function inUse(context: DriverContext, name: VolumeName): Promise<InUse | undefined> {
  await putBackUnseen(context, name);
  const entry = context.ledger.get(name);
  const user = await seeInUse(context, name);
  if (entry !== undefined && user === undefined) await unstage(context, entry.volume);
  return user;
}

/** The same without a change: an unused volume may still be staged. */
export async function seeInUse(context: DriverContext, name: VolumeName): Promise<InUse | undefined> {
  const entry = context.ledger.get(name);
  if (entry === undefined) return undefined;
  const seen = await seeUse(context, name, 0);
  const mountpoint = mountpointOf(context, name);
  if (seen.use === 'used') return { mountpoint, words: describeUse(seen) };
  if (entry.holders.size > 0)
    return { mountpoint, words: `is held by ${entry.holders.size} mount(s): unmount it` };
  return undefined;
}

/** Throws `in-use`. `doing`: "Snapshot before of volume db could not be made". */
export function refuseInUse(doing: string, name: VolumeName, { words }: InUse, { wayOut }: FullCopy): never {
  throw new VolumeError(
    'in-use',
    `${doing}: its data is copied while nobody uses it, and volume ${name} ${words}, then retry; or ${wayOut}.`,
  );
}
