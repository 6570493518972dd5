import type { CsiVolume, ListVolumesRequest } from './messages.ts';
import { type Page, pageOf } from './paging.ts';
import { type CsiParts, csiVolume } from './parts.ts';

export function listVolumes(
  parts: CsiParts,
  request: ListVolumesRequest,
): Page<{ readonly volume: CsiVolume }> {
  return pageOf(
    parts.driver().list(),
    request,
    ({ volume }) => volume.name,
    ({ volume }) => ({ volume: csiVolume(parts, volume) }),
  );
}
