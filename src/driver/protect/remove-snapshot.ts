import type { SnapshotName, VolumeName } from '../../core/names.ts';
import type { DriverContext } from '../context.ts';
import { withSignal } from '../deadline.ts';
import { joined } from '../in-time.ts';
import { findAnySnapshot } from './find-snapshot.ts';
import { requireOffered } from './offered.ts';

export function removeSnapshot(
  context: DriverContext,
  name: VolumeName,
  snapshot: SnapshotName,
): Promise<void> {
  const work = context.queue.run(name, () => removeNow(context, name, snapshot));
  return joined(name, 'changed', context.timings.callDeadline, work);
}

async function removeNow(context: DriverContext, name: VolumeName, asked: SnapshotName): Promise<void> {
  const doing = `Snapshot ${asked} of volume ${name} could not be removed`;
  const snapshots = requireOffered(context.backend.snapshots, doing);
  const snapshot = await findAnySnapshot(context, snapshots, name, asked);
  await withSignal(context.timings.workDeadline, (signal) => snapshots.remove(snapshot, signal));
}
