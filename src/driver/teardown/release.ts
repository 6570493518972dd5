import type { VolumeName } from '../../core/names.ts';
import { asVolumeError } from '../../core/volume-error.ts';
import { type DriverContext, mountpointOf } from '../context.ts';
import { joined } from '../in-time.ts';
import { missingHere } from '../missing.ts';
import { viewVolume } from '../read.ts';
import type { Released } from '../volume-driver.ts';
import { takeDown } from './take-down.ts';

export function releaseVolume(context: DriverContext, name: VolumeName): Promise<Released> {
  const work = context.queue.run(name, () => releaseNow(context, name));
  return joined(name, 'released', context.timings.longDeadline, work);
}

/** The ledger is enough: a volume is released while its storage is down. */
async function releaseNow(context: DriverContext, name: VolumeName): Promise<Released> {
  const entry = context.ledger.get(name);
  if (entry === undefined) return releaseAbsent(context, name);
  try {
    await takeDown(context, entry, 'release');
    context.takenDownUnseen.delete(name);
  } catch (error) {
    throw asVolumeError(error, `Volume ${name} could not be released`);
  }
  const place = entry.seen === undefined ? {} : { mountpoint: mountpointOf(context, name) };
  return { holders: [...entry.holders.keys()], ...place };
}

async function releaseAbsent(context: DriverContext, name: VolumeName): Promise<Released> {
  if ((await viewVolume(context, name)) !== undefined) return { holders: [] };
  throw await missingHere(context, name);
}
