import { resolve } from 'node:path';
import { VolumeError } from '../core/volume-error.ts';
import type { VolumeView } from '../driver/volume-driver.ts';
import { type CsiParts, requireField, requireVolume } from './parts.ts';
import { stageId } from './stage-id.ts';

/** The volume, which must be staged or published at this path of this node. Throws `not-found`. */
export async function requireAt(parts: CsiParts, id: string, volumePath: string): Promise<VolumeView> {
  const path = requireField(volumePath, 'volume path');
  const view = await requireVolume(parts.driver(), id);
  // Holders have it in its normal form.
  const normal = resolve(path);
  const isThere = view.holders.some((holder) => holder.path === normal || holder.id === stageId(path));
  if (isThere || view.mountpoint === path) return view;
  throw new VolumeError('not-found', `Volume ${view.volume.name} is not at ${path} on this node.`);
}
