import { VolumeError } from '../../../core/volume-error.ts';
import { createSeenRoot, type StorageRoot } from '../storage-root.ts';
import type { OpenShare } from './open-share.ts';
import type { ShareLayout } from './share-layout.ts';

/** The owner is left as the server makes it: with root_squash nobody may be given anything. */
const closed = { uid: -1, gid: -1, mode: 0o700 };

/** The registry's place on a share that is in use. */
export function createShareRoot({ files, share }: OpenShare, layout: ShareLayout): StorageRoot {
  const seen = createSeenRoot();
  const vanished = (doing: string) =>
    new VolumeError(
      'unavailable',
      `${doing}: ${layout.registry} was there before and is missing now: see that ${share.source} is still the right export, or restore it. ` +
        'If all its volumes are really gone, restart Holdfast.',
    );

  const root: StorageRoot = {
    // Every attempt mounts the share before it begins.
    requireThere: async () => undefined,
    async exists(doing) {
      // Made last, so it stands for the whole layout.
      const isThere = (await files.facts(layout.registry)) !== undefined;
      return seen.check(isThere, () => vanished(doing));
    },
    async make(doing, signal) {
      if (await root.exists(doing, signal)) return;
      for (const path of [layout.own, layout.fresh, layout.trash, layout.registry]) {
        await files.createDirectory(path, closed);
      }
      seen.check(true, () => vanished(doing));
    },
  };
  return root;
}
