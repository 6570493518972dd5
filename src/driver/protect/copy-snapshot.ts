import type { SnapshotCopies } from '../../backends/backend.ts';
import type { SnapshotName, VolumeName } from '../../core/names.ts';
import type { Snapshot, SnapshotCopy } from '../../core/protect/snapshot.ts';
import type { DriverContext } from '../context.ts';
import { withSignal } from '../deadline.ts';
import { joined } from '../in-time.ts';
import { findAnySnapshot } from './find-snapshot.ts';
import { requireOffered } from './offered.ts';

/** Simultaneous calls for the same copy share the work. It is not in the volume's queue: the snapshot has its data already. */
export function copySnapshot(
  context: DriverContext,
  name: VolumeName,
  snapshot: SnapshotName,
  place: string,
): Promise<SnapshotCopy> {
  const work = context.copyingSnapshots.share(`${name}@${snapshot} ${place}`, async () => {
    const found = await toCopy(context, name, snapshot, place);
    return withSignal(context.timings.copyDeadline, (signal) =>
      found.copies.copy(found.snapshot, place, signal),
    );
  });
  return joined(name, 'copied', context.timings.longDeadline, work);
}

/** Throws `invalid` if snapshots of this backend are not copied, and `not-found` if there is no such snapshot. */
export async function toCopy(
  context: DriverContext,
  name: VolumeName,
  asked: SnapshotName,
  place: string,
): Promise<{ readonly copies: SnapshotCopies; readonly snapshot: Snapshot }> {
  const doing = `Snapshot ${asked} of volume ${name} could not be copied to ${place}`;
  const snapshots = requireOffered(context.backend.snapshots, doing);
  const copies = requireOffered(snapshots.copies, doing);
  return { copies, snapshot: await findAnySnapshot(context, snapshots, name, asked) };
}
