import { dirname } from 'node:path';
import { VolumeError } from '../../core/volume-error.ts';
import type { Host } from '../../host/host.ts';
import { createSeenRoot, type StorageRoot } from '../shared/storage-root.ts';
import type { Layout } from './layout.ts';
import type { LocalSettings } from './settings.ts';

const passable = { uid: 0, gid: 0, mode: 0o711 };
const closed = { uid: 0, gid: 0, mode: 0o700 };

export function createLocalRoot(
  host: Host,
  layout: Layout,
  requireMount: LocalSettings['requireMount'],
): StorageRoot {
  const needed = requireMount === true ? layout.root : requireMount;
  const seen = createSeenRoot();

  const root: StorageRoot = {
    async requireThere(doing) {
      if (needed === false || (await host.mounts.at(needed)).kind === 'mounted') return;
      throw notMounted(doing, needed);
    },
    async exists(doing) {
      await root.requireThere(doing);
      // Made last, so it stands for the whole layout.
      const isThere = (await host.files.facts(layout.registry)) !== undefined;
      return seen.check(isThere, () => vanished(doing, layout));
    },
    async make(doing, signal) {
      if (await root.exists(doing, signal)) return;
      await makeLayout(host, layout);
      seen.check(true, () => vanished(doing, layout));
    },
  };
  return root;
}

async function makeLayout({ files }: Host, layout: Layout): Promise<void> {
  await files.makeDirectory(dirname(layout.root));
  await files.createDirectory(layout.root, passable);
  for (const path of [layout.own, layout.images, layout.trash, layout.registry]) {
    await files.createDirectory(path, closed);
  }
}

function notMounted(doing: string, place: string): VolumeError {
  return new VolumeError(
    'unavailable',
    `${doing}: nothing is mounted at ${place}, and the driver's requireMount asks for it: mount the disk, then repeat.`,
  );
}

function vanished(doing: string, layout: Layout): VolumeError {
  return new VolumeError(
    'unavailable',
    `${doing}: ${layout.registry} was there before and is missing now: mount the disk of ${layout.root} again or restore it. ` +
      'If all its volumes are really gone, restart Holdfast.',
  );
}
