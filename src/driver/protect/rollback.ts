import type { SnapshotName, VolumeName } from '../../core/names.ts';
import type { RemovedVolume } from '../../core/volume.ts';
import type { DriverContext } from '../context.ts';
import { withSignal } from '../deadline.ts';
import { joined } from '../in-time.ts';
import { putBackUnseen } from '../remove.ts';
import { takeDown } from '../teardown/take-down.ts';
import { findSnapshot } from './find-snapshot.ts';
import { requireOffered } from './offered.ts';
import { existing } from './snapshot.ts';

/** The previous data is in the trash afterwards, under another ID. A repeated call joins one that is under way. */
export function rollbackVolume(
  context: DriverContext,
  name: VolumeName,
  snapshot: SnapshotName,
): Promise<RemovedVolume> {
  const work = context.rollingBack.share(`${name}@${snapshot}`, () =>
    context.queue.run(name, () => rollbackNow(context, name, snapshot)),
  );
  return joined(name, 'rolled back', context.timings.longDeadline, work);
}

async function rollbackNow(
  context: DriverContext,
  name: VolumeName,
  asked: SnapshotName,
): Promise<RemovedVolume> {
  const { host, ledger, timings } = context;
  const doing = `Volume ${name} could not be rolled back`;
  const snapshots = requireOffered(context.backend.snapshots, doing);
  const volume = await existing(context, name);
  const snapshot = await findSnapshot(context, snapshots, volume, asked);
  await putBackUnseen(context, name);
  const entry = ledger.get(name);
  if (entry) await takeDown(context, entry, 'roll back');
  const keptAs = host.newId();
  const kept = await withSignal(timings.copyDeadline, (signal) =>
    snapshots.rollback(volume, snapshot, keptAs, signal),
  );
  // The measurement belongs to the previous data.
  context.usage.forget(volume);
  return kept;
}
