import { planRecovery, type RecoveryFacts, type RecoveryStep } from '../core/decisions/recovery-plan.ts';
import { type LedgerEntry, recoveredId } from '../core/mount-ledger.ts';
import { parseVolumeName, type VolumeName } from '../core/names.ts';
import { requireReadable, type Volume } from '../core/volume.ts';
import { asVolumeError, VolumeError } from '../core/volume-error.ts';
import type { MountState } from '../host/host.ts';
import { type DriverContext, lookupVolume, mountpointOf } from './context.ts';
import { restage } from './mount.ts';
import { thawAfter } from './protect/frozen.ts';
import { giveUp, isOurs, isTakenAway, unstage } from './staging.ts';
import { useAmong } from './use.ts';
import type { TakenStep } from './volume-driver.ts';

/** The steps that recovery would take now. Looks at ledger, kernel and storage, and changes nothing. */
export async function planSteps(context: DriverContext): Promise<readonly RecoveryStep[]> {
  const names = await concernedVolumes(context);
  if (names.length === 0) return [];
  const uses = await context.host.mounts.uses(context.mountRoot, 0);
  const used = async (name: VolumeName) => (await useAmong(context, name, uses)).use === 'used';
  const facts = await Promise.all(names.map(async (name) => factsOf(context, name, await used(name))));
  return planRecovery(facts);
}

/** Takes each step in its volume's queue. A failed step is logged and does not stop the others. Never rejects. */
export async function takeSteps(
  context: DriverContext,
  steps: readonly RecoveryStep[],
): Promise<readonly TakenStep[]> {
  return Promise.all(steps.map((step) => context.queue.run(step.volume, () => takeLogged(context, step))));
}

async function takeLogged(context: DriverContext, step: RecoveryStep): Promise<TakenStep> {
  const fields = { driver: context.name, ...step };
  try {
    await take(context, step);
    context.log.write('info', 'recovered', fields);
    return step;
  } catch (error) {
    context.log.write('error', 'recovery-failed', { ...fields, error });
    return { ...step, error: asVolumeError(error, `Volume ${step.volume} could not be recovered`).message };
  }
}

async function take(context: DriverContext, { action, volume: name }: RecoveryStep): Promise<void> {
  const entry = context.ledger.get(name);
  if (entry === undefined && (await isGone(context, name))) return;
  switch (action) {
    case 'thaw':
      return thawAfter(context, name);
    case 'restage':
      return restage(context, await volumeOf(context, name, entry));
    case 'unstage':
      return unstage(context, await volumeOf(context, name, entry));
    case 'give-up':
      return giveUp(context, await volumeOf(context, name, entry));
    case 'forget':
      return context.ledger.write({ kind: 'gone', name });
    case 'adopt':
      return adopt(context, await volumeOf(context, name, entry));
  }
}

/** Whether it was cleared since the step was planned, by another recovery or with what a fill had left. */
async function isGone(context: DriverContext, name: VolumeName): Promise<boolean> {
  if (context.catalog.get(name) !== undefined) return false;
  return (await context.host.mounts.at(mountpointOf(context, name))).kind !== 'mounted';
}

/** Records a mount as staged, and as held if no holder is known, since its user is unknown. */
async function adopt(context: DriverContext, volume: Volume): Promise<void> {
  const { host, ledger } = context;
  const { name } = volume;
  const state = await host.mounts.at(mountpointOf(context, name));
  if (state.kind !== 'mounted') return;
  const at = host.now();
  const seen = { device: state.device, inode: state.inode };
  const held = (ledger.get(name)?.holders.size ?? 0) > 0;
  await ledger.write(
    { kind: 'stage', volume, at },
    { kind: 'staged', name, seen },
    ...(held ? [] : [{ kind: 'hold', name, id: recoveredId, at, mounts: 1 } as const]),
  );
}

/** Every volume in the ledger, and every mount below the driver's mount root that may be a volume. */
async function concernedVolumes(context: DriverContext): Promise<readonly VolumeName[]> {
  const mounted = (await context.host.mounts.below(context.mountRoot)).flatMap(({ mountpoint }) => {
    const name = mountpoint.slice(context.mountRoot.length + 1);
    return isName(name) ? [name] : [];
  });
  const recorded = [...context.ledger.entries()].map((entry) => entry.volume.name);
  return [...new Set([...recorded, ...mounted])];
}

/** False for the backends' private places below the mount root: their names begin with a dot. */
function isName(text: string): text is VolumeName {
  try {
    return parseVolumeName(text) === text;
  } catch {
    return false;
  }
}

async function factsOf(context: DriverContext, name: VolumeName, used: boolean): Promise<RecoveryFacts> {
  const entry = context.ledger.get(name);
  const state = await context.host.mounts.at(mountpointOf(context, name));
  const held = (entry?.holders.size ?? 0) > 0;
  const kernel = await kernelSays(context, entry, state);
  const ledger = entry === undefined ? 'absent' : entry.seen === undefined ? 'unfinished' : 'staged';
  // The storage is asked only if its answer decides.
  const asked = ledger === 'absent' || (held && kernel === 'bare');
  const storage = asked ? await storageSays(context, name) : 'unknown';
  return { volume: name, ledger, held, kernel, frozen: entry?.frozen === true, used, storage };
}

async function kernelSays(
  context: DriverContext,
  entry: LedgerEntry | undefined,
  state: MountState,
): Promise<RecoveryFacts['kernel']> {
  if (state.kind !== 'mounted') return 'bare';
  if (await isTakenAway(context, entry, state)) return 'lost';
  return isOurs(entry, state) ? 'ours' : 'other';
}

async function storageSays(context: DriverContext, name: VolumeName): Promise<RecoveryFacts['storage']> {
  try {
    const volume = await lookupVolume(context, name, context.timings.lookupDeadline);
    return volume ? 'exists' : 'gone';
  } catch {
    return 'unknown';
  }
}

async function volumeOf(
  context: DriverContext,
  name: VolumeName,
  entry: LedgerEntry | undefined,
): Promise<Volume> {
  const volume = entry?.volume ?? context.catalog.get(name);
  if (volume) return requireReadable(volume);
  throw new VolumeError(
    'not-found',
    `Volume ${name} is not recorded anywhere: unmount ${mountpointOf(context, name)} by hand.`,
  );
}
