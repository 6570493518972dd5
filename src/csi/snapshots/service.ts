import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import { VolumeError } from '../../core/volume-error.ts';
import { answering } from '../call.ts';
import type { CreateSnapshotRequest, ListSnapshotsRequest, SnapshotRequest } from '../messages.ts';
import { type CsiParts, requireOffer } from '../parts.ts';
import { createSnapshot, type UnderWay } from './create.ts';
import { findSnapshot } from './id.ts';
import { listSnapshots } from './list.ts';

export function snapshotCalls(parts: CsiParts): UntypedServiceImplementation {
  const call = { driver: parts.driverName, log: parts.log };
  const underWay: UnderWay = new Map();
  return {
    CreateSnapshot: answering(call, 'CreateSnapshot', (request: CreateSnapshotRequest) =>
      createSnapshot(requireOffer(parts, 'snapshots'), underWay, request),
    ),
    DeleteSnapshot: answering(call, 'DeleteSnapshot', (request: SnapshotRequest) =>
      deleteSnapshot(parts, request),
    ),
    ListSnapshots: answering(call, 'ListSnapshots', (request: ListSnapshotsRequest) =>
      listSnapshots(requireOffer(parts, 'snapshots'), request),
    ),
  };
}

async function deleteSnapshot(parts: CsiParts, { snapshot_id }: SnapshotRequest): Promise<object> {
  const driver = requireOffer(parts, 'snapshots');
  const found = await findSnapshot(driver, snapshot_id);
  if (found === undefined) return {};
  try {
    await driver.removeSnapshot(found.volume, found.snapshot.name);
  } catch (error) {
    // Another call removed it at the same time.
    if (!(error instanceof VolumeError && error.code === 'not-found')) throw error;
  }
  return {};
}
