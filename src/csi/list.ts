import { csiVolume } from './describe-volume.ts';
import type { CsiVolume, ListVolumesRequest } from './messages.ts';
import { type Page, pageOf } from './paging.ts';
import type { CsiParts } from './parts.ts';

export function listVolumes(
  parts: CsiParts,
  request: ListVolumesRequest,
): Page<{ readonly volume: CsiVolume }> {
  return pageOf(
    parts.driver().views(),
    request,
    ({ volume }) => volume.name,
    (view) => ({ volume: csiVolume(parts, view) }),
  );
}
