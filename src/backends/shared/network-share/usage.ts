import type { Volume } from '../../../core/volume.ts';
import type { Host } from '../../../host/host.ts';
import type { Backend, FreeSpace } from '../../backend.ts';
import { createFreeSpace } from '../recorded/free-space.ts';
import { filesForUsage, measureDirectory, measureFileSystem, measureRoom, measureTrash } from '../usage.ts';
import { freshFiles } from './fresh-files.ts';
import { createShareLayout } from './layout.ts';
import type { OpenShare } from './open-share.ts';
import { isLimited } from './plan.ts';
import type { ShareStorage } from './storage.ts';

/**
 * Implements `Backend.usage`. A directory of a share is counted through the base mount, never through the mountpoint, which a count
 * would keep busy.
 */
export function createShareUsage(host: Host, { storage, openOf }: ShareStorage): Backend['usage'] {
  return (volume, _mountpoint, signal) => {
    const admitted = storage.admit(volume);
    const open = openOf(admitted);
    return open.useIfWell(async () => {
      const measured = await measure(host, open, pathOf(storage, admitted), signal);
      if (!isLimited(admitted.options) || measured?.sizeBytes === undefined) return measured;
      // The limits may promise more than the share has.
      const { source } = open.share;
      const room = { of: 'share', place: source } as const;
      return { ...measured, room: await measureRoom(filesForUsage(host, source), open.base.path, room) };
    });
  };
}

async function measure(
  host: Host,
  { base, share }: OpenShare,
  path: string,
  signal: AbortSignal,
): ReturnType<Backend['usage']> {
  const files = filesForUsage(host, share.source);
  const room = { of: 'share', place: share.source } as const;
  // A volume that is the whole share is as full as the share.
  if (path === base.path) return { ...(await measureFileSystem(files, path)), of: 'share' };
  // Another host may have made it a moment ago.
  const fresh = freshFiles(files.below(base.path), base.path, share);
  return measureDirectory({ files: fresh, path, above: base.path, room }, signal);
}

function pathOf({ placeOf }: ShareStorage['storage'], volume: Volume): string {
  const place = placeOf(volume);
  return place.kind === 'owned' ? place.paths[0] : place.path;
}

/** Implements `Backend.removedBytes`: those of each share that is in use. Undefined while one cannot be asked. */
export function createShareTrashUsage(host: Host, { all }: ShareStorage): Backend['removedBytes'] {
  return async (signal) => {
    let bytes: number | undefined;
    for (const { base, share, useIfWell } of all()) {
      if (base.identity() === undefined) continue;
      const files = filesForUsage(host, share.source).below(base.path);
      const { trash } = createShareLayout(base.path);
      const measured = await useIfWell(() => measureTrash(files, trash, signal));
      if (measured === undefined) return undefined;
      bytes = (bytes ?? 0) + measured;
    }
    return bytes;
  };
}

/** That of the driver's own share. A quota of the server counts only where the server shows it as the size of the share. */
export function shareFreeSpace({ storage, home }: ShareStorage): FreeSpace {
  return createFreeSpace(storage, async () => (await home.files.space(home.base.path)).freeBytes);
}
