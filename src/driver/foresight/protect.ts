import type { VolumeName } from '../../core/names.ts';
import type { Consistency } from '../../core/protect/snapshot.ts';
import { parseSize } from '../../core/sizes.ts';
import type { Options, Volume } from '../../core/volume.ts';
import { type DriverContext, mountpointOf } from '../context.ts';
import { withSignal } from '../deadline.ts';
import { isKept } from '../places/other-daemon.ts';
import { toCopy } from '../protect/copy-snapshot.ts';
import { findAnySnapshot, findSnapshot } from '../protect/find-snapshot.ts';
import { seeInUse } from '../protect/in-use.ts';
import { notOffered, requireOffered } from '../protect/offered.ts';
import { copyable, existing, plannedSnapshot } from '../protect/snapshot.ts';
import { seeUse } from '../use.ts';
import type { Foreseen, ForeseenStep, SnapshotCopyIntent, SnapshotIntent } from '../volume-driver.ts';
import { copySteps, unusedSteps } from './copy.ts';
import { foreseeStaging } from './holders.ts';
import { fateStep, foreseeTakeDown } from './take-down.ts';

/** To be called in the volume's queue. */
export function foreseeWithSnapshot(
  context: DriverContext,
  intent: SnapshotIntent | SnapshotCopyIntent,
): Promise<readonly ForeseenStep[]> {
  if (intent.verb === 'copy-snapshot') return foreseeCopying(context, intent);
  if (intent.verb === 'snapshot') return foreseeTaking(context, intent);
  return intent.verb === 'rollback' ? foreseeRollback(context, intent) : foreseeRemoval(context, intent);
}

async function foreseeTaking(
  context: DriverContext,
  { name, snapshot: asked, use = 'refuse' }: SnapshotIntent,
): Promise<readonly ForeseenStep[]> {
  const doing = `Snapshot ${asked} of volume ${name} could not be made`;
  const snapshots = requireOffered(context.backend.snapshots, doing);
  const volume = await existing(context, name);
  const copying = await copyable(context, snapshots, { volume, doing, use }, seeInUse);
  const snapshot = plannedSnapshot(context, asked, volume, copying);
  await withSignal(context.timings.callDeadline, (signal) =>
    snapshots.foreseeTake(snapshot, copying.mountpoint, signal),
  );
  const step = { act: 'snapshot', about: `${asked}, ${meanwhile[copying.consistency]}` } as const;
  const before = copying.consistency === 'unmounted' ? unusedSteps(context, name) : [];
  return [...before, ...copySteps(name, copying), step];
}

const meanwhile: Readonly<Record<Consistency, string>> = {
  unmounted: 'while nobody uses the volume',
  frozen: 'while the volume is in use: as after a power cut',
  paused: 'while the containers that use the volume are paused',
  live: 'while the volume is in use: its files may be of different moments',
};

async function foreseeCopying(
  context: DriverContext,
  { name, snapshot: asked, place }: SnapshotCopyIntent,
): Promise<readonly ForeseenStep[]> {
  const { copies, snapshot } = await toCopy(context, name, asked, place);
  const present = await withSignal(context.timings.callDeadline, (signal) =>
    copies.foresee(snapshot, place, signal),
  );
  if (present !== undefined) return [];
  return [{ act: 'copy snapshot', about: `${asked} of ${snapshot.createdAt}, to ${place}` }];
}

async function foreseeRemoval(
  context: DriverContext,
  { name, snapshot: asked }: SnapshotIntent,
): Promise<readonly ForeseenStep[]> {
  const doing = `Snapshot ${asked} of volume ${name} could not be removed`;
  const snapshots = requireOffered(context.backend.snapshots, doing);
  const { createdAt } = await findAnySnapshot(context, snapshots, name, asked);
  return [{ act: 'delete snapshot', about: `${asked} of ${createdAt}, permanently` }];
}

async function foreseeRollback(
  context: DriverContext,
  { name, snapshot: asked }: SnapshotIntent,
): Promise<readonly ForeseenStep[]> {
  const snapshots = requireOffered(context.backend.snapshots, `Volume ${name} could not be rolled back`);
  const volume = await existing(context, name);
  const snapshot = await findSnapshot(context, snapshots, volume, asked);
  const before = await foreseeTakeDown(context, name, 'roll back');
  const fate = await withSignal(context.timings.callDeadline, (signal) =>
    snapshots.foreseeRollback(volume, snapshot, signal),
  );
  const about = `to snapshot ${asked} of ${snapshot.createdAt}`;
  return [...before, { act: 'roll back', about }, fateStep(fate, 'the data that it has now')];
}

/** `size` has the format of the option. To be called in the volume's queue. */
export async function foreseeGrowth(
  context: DriverContext,
  name: VolumeName,
  size: string,
): Promise<Foreseen> {
  const bytes = parseSize(size);
  const { backend, timings } = context;
  const doing = `Volume ${name} could not be enlarged`;
  const growth = requireOffered(backend.growth, doing);
  const volume = await existing(context, name);
  const manner = await withSignal(timings.callDeadline, (signal) => growth.manner(volume, signal));
  if (typeof manner === 'object') throw notOffered(doing, manner);
  const before = await stepsBefore(context, volume, manner);
  const grown = await withSignal(timings.callDeadline, (signal) => growth.foresee(volume, bytes, signal));
  const after = manner === 'online' ? await stepsAfter(context, name) : [];
  return { steps: [...before, { act: 'grow', about: growthWords(volume, grown) }, ...after], volume: grown };
}

/** To be called in the volume's queue. */
export async function foreseeModification(
  context: DriverContext,
  name: VolumeName,
  wanted: Options,
): Promise<Foreseen> {
  const { backend, timings } = context;
  const doing = `Volume ${name} could not be changed`;
  const modifications = requireOffered(backend.modifications, doing);
  const volume = await existing(context, name);
  const modified = await withSignal(timings.callDeadline, (signal) =>
    modifications.foresee(volume, wanted, signal),
  );
  const about = changedWords(volume.options, modified.options);
  if (about === '') return { steps: [], volume: modified };
  const elsewhere =
    backend.capabilities.sharing === 'many-hosts' ? '; mounts on other hosts stay as they are' : '';
  const change = { act: 'modify', about: `${about}${elsewhere}` } as const;
  const { size } = modified.options;
  if (size === undefined || size === volume.options.size) {
    const before = modifications.when === 'unstaged' ? await foreseeTakeDown(context, name, 'modify') : [];
    return { steps: [...before, change], volume: modified };
  }
  const { steps } = await foreseeGrowth(context, name, size);
  return { steps: steps.map((step) => (step.act === 'grow' ? change : step)), volume: modified };
}

function changedWords(then: Options, now: Options): string {
  const names = [...new Set([...Object.keys(then), ...Object.keys(now)])].filter(
    (name) => then[name] !== now[name],
  );
  return names
    .map((name) => `${name} from ${then[name] ?? 'the usual'} to ${now[name] ?? 'the usual'}`)
    .join(', ');
}

function growthWords(volume: Volume, grown: Volume): string {
  const [then, now] = [volume.options.size, grown.options.size];
  return then === now ? `it has ${now} already; an interrupted growth is finished` : `from ${then} to ${now}`;
}

async function stepsBefore(
  context: DriverContext,
  volume: Volume,
  manner: 'always' | 'online' | 'offline',
): Promise<readonly ForeseenStep[]> {
  if (manner === 'always') return [];
  if (manner === 'online') return (await foreseeStaging(context, volume)).steps;
  return foreseeTakeDown(context, volume.name, 'grow');
}

/** The volume is unmounted if it was mounted only for the growth. */
async function stepsAfter(context: DriverContext, name: VolumeName): Promise<readonly ForeseenStep[]> {
  const entry = context.ledger.get(name);
  const isStaged = entry !== undefined;
  if (isStaged && (entry.holders.size > 0 || (await isKept(context, name, await seeUse(context, name, 0)))))
    return [];
  return [{ act: 'unmount', about: mountpointOf(context, name) }];
}
