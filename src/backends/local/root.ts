import { dirname } from 'node:path';
import { VolumeError } from '../../core/volume-error.ts';
import type { Host } from '../../host/host.ts';
import type { Layout } from './layout.ts';
import type { LocalSettings } from './settings.ts';

/** The directory that holds everything; `doing` begins the messages, such as `Volume db could not be created`. */
export interface LocalRoot {
  /** Throws `unavailable` when a mount it needs is not there. */
  requireMounted(doing: string): Promise<void>;
  /** False when nothing was ever made here. Throws `unavailable` as `requireMounted`, and for a root that vanished. */
  exists(doing: string): Promise<boolean>;
  /** Makes it, if it never was there. */
  make(doing: string): Promise<void>;
}

const passable = { uid: 0, gid: 0, mode: 0o711 };
const closed = { uid: 0, gid: 0, mode: 0o700 };

export function createLocalRoot(
  host: Host,
  layout: Layout,
  requireMount: LocalSettings['requireMount'],
): LocalRoot {
  const needed = requireMount === true ? layout.root : requireMount;
  let wasSeen = false;

  const root: LocalRoot = {
    async requireMounted(doing) {
      if (needed === false || (await host.mounts.at(needed)).kind === 'mounted') return;
      throw notMounted(doing, needed);
    },
    async exists(doing) {
      await root.requireMounted(doing);
      // Made last, so it stands for the whole layout.
      const isThere = (await host.files.facts(layout.registry)) !== undefined;
      // An absent root must not be taken for an empty one: every volume would seem to be gone.
      if (!isThere && wasSeen) throw vanished(doing, layout);
      wasSeen ||= isThere;
      return isThere;
    },
    async make(doing) {
      if (await root.exists(doing)) return;
      await makeLayout(host, layout);
      wasSeen = true;
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
