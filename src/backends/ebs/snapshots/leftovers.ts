import type { Volume } from '../../../core/volume.ts';
import type { EbsContext } from '../context.ts';
import { findDisk } from '../find/by-name.ts';
import { findExchanges } from '../find/lists.ts';
import type { FoundDisk } from '../record/found-disk.ts';
import { keys } from '../record/keys.ts';
import { decodeSnapshot, readTemporary, snapshotFilters, temporaryFilters } from '../record/snapshot-tags.ts';
import { removeView } from './aside.ts';
import { finishExchange } from './exchange.ts';

/** Milliseconds between two looks: requests count against the account's limits, and there are rarely leftovers. */
const pace = 3_600_000;

/**
 * Deletes what interrupted clones and rollbacks left, and finishes a rollback that had become the volume. At the first call of a daemon,
 * and once an hour.
 */
export async function clearLeftovers(context: EbsContext, signal: AbortSignal): Promise<void> {
  const now = context.host.uptime();
  if (now - (context.cleared.at ?? Number.NEGATIVE_INFINITY) < pace) return;
  context.cleared.at = now;
  try {
    await finishExchanges(context, signal);
    await clearNext(context, signal);
    await clearSnapshots(context, signal);
  } catch (error) {
    // The purge goes on, and the next one tries again.
    delete context.cleared.at;
    context.log.write('warn', 'purge-failed', { driver: context.driver, error });
  }
}

export async function finishExchanges(context: EbsContext, signal: AbortSignal): Promise<void> {
  for (const found of await findExchanges(context, signal)) {
    if (found.record.replaces !== undefined) await finishExchange(context, found, signal);
    if (found.record.replacedBy !== undefined) await forgetExchange(context, found, signal);
  }
}

/** The EBS volume that was to replace this one was deleted. */
async function forgetExchange(
  context: EbsContext,
  { disk, record: { replacedBy = '' } }: FoundDisk,
  signal: AbortSignal,
): Promise<void> {
  const ec2 = await context.ec2();
  if ((await ec2.volume(replacedBy, signal)) !== undefined) return;
  const now = await findDisk(context, disk.id, signal);
  if (now?.record.replacedBy === replacedBy) await ec2.removeTags([disk.id], [keys.kept], signal);
}

/** EBS volumes of rollbacks that died before they became the volume, and those that showed a snapshot. */
async function clearNext(context: EbsContext, signal: AbortSignal): Promise<void> {
  const ec2 = await context.ec2();
  for (const { disk } of await findExchanges(context, signal)) {
    // By its ID, because the index of tags lags behind: it may have become the volume a moment ago.
    const now = await findDisk(context, disk.id, signal);
    if (now === undefined || !(await isLeft(context, now, signal))) continue;
    const { view, volume } = now.record;
    if (view === undefined) await ec2.deleteVolume(disk.id, signal);
    else await clearView(context, volume, disk.id, signal);
  }
}

async function isLeft(
  context: EbsContext,
  { disk, record: { next, view } }: FoundDisk,
  signal: AbortSignal,
): Promise<boolean> {
  if (view !== undefined) return isNobodys(context, view.snapshotId, view.maker, signal);
  if (next === undefined || disk.attachments.length > 0) return false;
  return isNobodys(context, next.keptAs, next.maker, signal);
}

/** What is still mounted is left to the next look. */
async function clearView(
  context: EbsContext,
  volume: Volume,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  const { driver, log } = context;
  await removeView(context, volume, id, signal).catch((error) =>
    log.write('warn', 'undo-failed', { driver, volume: volume.name, error }),
  );
}

/** Whether nobody works on it any more: neither this daemon, nor another host, which may be alive. */
async function isNobodys(
  context: EbsContext,
  id: string,
  maker: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (context.copying.has(id)) return false;
  const { instanceId } = await context.whereabouts(signal);
  if (maker === instanceId) return true;
  const other = await (await context.ec2()).instance(maker, signal);
  return other === undefined || other.state === 'terminated';
}

/** Snapshots for clones, and those that EC2 gave up making. */
async function clearSnapshots(context: EbsContext, signal: AbortSignal): Promise<void> {
  const { driver, recentSnapshots: recent } = context;
  const ec2 = await context.ec2();
  for (const stored of await ec2.findSnapshots(temporaryFilters(driver), signal)) {
    const temporary = readTemporary(stored);
    if (temporary === undefined) continue;
    if (await isNobodys(context, temporary.cloneId, temporary.maker, signal))
      await ec2.deleteSnapshot(stored.id, signal);
  }
  const failed = { ...snapshotFilters(driver), status: ['error'] };
  for (const stored of await ec2.findSnapshots(failed, signal)) {
    const known = decodeSnapshot(stored, driver);
    if (known === undefined || 'unreadable' in known) continue;
    const evidence = `EC2 has ${stored.id} in state error: snapshot ${known.name} was never complete`;
    context.audit({ act: 'delete', driver, volume: known.volume.name, evidence });
    await ec2.deleteSnapshot(stored.id, signal);
    recent.deleted(stored.id);
  }
}

/** After a clone, also one that failed: its own snapshot is not needed any more. What fails here is left to the next purge. */
export async function clearTemporary(context: EbsContext, cloneId: string): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  const ec2 = await context.ec2();
  const { driver, recentSnapshots: recent } = context;
  try {
    const listed = await ec2.findSnapshots(temporaryFilters(driver), signal);
    const more = await Promise.all(recent.all().map((id) => ec2.snapshot(id, signal)));
    for (const stored of [...listed, ...more]) {
      if (stored === undefined || readTemporary(stored)?.cloneId !== cloneId) continue;
      await ec2.deleteSnapshot(stored.id, signal);
      recent.deleted(stored.id);
    }
  } catch (error) {
    context.log.write('warn', 'undo-failed', { driver, volume: cloneId, error });
  }
}
