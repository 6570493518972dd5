import type { VolumeName } from '../../core/names.ts';
import { type DriverContext, mountpointOf } from '../context.ts';

/**
 * Runs work that freezes the file system of a staged volume briefly. The freeze is on record, so that a recovery thaws the file
 * system.
 */
export async function whileFreezing<T>(
  context: DriverContext,
  name: VolumeName,
  work: () => Promise<T>,
): Promise<T> {
  await context.ledger.write({ kind: 'freeze', name });
  try {
    return await work();
  } finally {
    await thawAfter(context, name);
  }
}

export async function thawAfter(context: DriverContext, name: VolumeName): Promise<void> {
  await context.host.mounts.thaw(mountpointOf(context, name));
  await context.ledger.write({ kind: 'thaw', name });
}
