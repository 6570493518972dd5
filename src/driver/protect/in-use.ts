import type { FullCopy } from '../../backends/backend.ts';
import type { VolumeName } from '../../core/names.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { type DriverContext, mountpointOf } from '../context.ts';
import { putBackUnseen } from '../remove.ts';
import { unstage } from '../staging.ts';
import { describeHolders, describeUse, seeUse, type UseSeen } from '../use.ts';
import type { InUseRule } from '../volume-driver.ts';

/** A volume that somebody uses, or may use in a moment. */
export interface InUse {
  readonly mountpoint: string;
  /** "is in use by process 4711 (postgres): stop it", for a message. */
  readonly words: string;
  /** The containers that use it; undefined if others do, or if it is only held. */
  readonly containers?: ReadonlySet<string> | undefined;
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
  if (seen.use === 'used') return { mountpoint, words: describeUse(seen), containers: soleContainers(seen) };
  if (entry.holders.size > 0)
    return { mountpoint, words: `is held by ${describeHolders(entry)}: unmount it` };
  return undefined;
}

/** Where the volume is staged for its holders. Undefined: nobody holds it, although somebody may use it. */
export function heldAt(context: DriverContext, name: VolumeName): string | undefined {
  const holders = context.ledger.get(name)?.holders.size ?? 0;
  return holders > 0 ? mountpointOf(context, name) : undefined;
}

/** Undefined if a process uses it that is not in a container, or the volume is mounted elsewhere on this host. */
function soleContainers({ users, ownMounts }: UseSeen): ReadonlySet<string> | undefined {
  const ids = users.flatMap(({ containerId }) => containerId ?? []);
  return ids.length === users.length && ownMounts.length === 0 ? new Set(ids) : undefined;
}

/** How a volume in use may be copied file by file. Undefined: not. */
export function allowedCopy(
  { containers }: Pick<InUse, 'containers'>,
  use: InUseRule,
): 'paused' | 'live' | undefined {
  if (use === 'refuse') return undefined;
  if (use === 'accept') return 'live';
  const isQuiet = containers !== undefined && [...containers].every((id) => use.paused.has(id));
  return isQuiet ? 'paused' : allowedCopy({ containers }, use.others);
}

/** Throws `in-use`. `doing`: "Snapshot before of volume db could not be made". */
export function refuseInUse(
  doing: string,
  name: VolumeName,
  { words }: InUse,
  { wayOut, canBeLive }: FullCopy,
): never {
  const live = canBeLive ? ', or say that it is to be copied while it is in use' : '';
  throw new VolumeError(
    'in-use',
    `${doing}: its data is copied while nobody uses it, and volume ${name} ${words}, then retry; or ${wayOut}${live}.`,
  );
}
