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

  async function requireMounted(doing: string): Promise<void> {
    if (needed === false) return;
    const state = await host.mounts.at(needed);
    if (state.kind === 'mounted') return;
    throw new VolumeError(
      'unavailable',
      `${doing}: nothing is mounted at ${needed}, and the driver's requireMount asks for it: mount the disk, then repeat.`,
    );
  }

  async function exists(doing: string): Promise<boolean> {
    await requireMounted(doing);
    // Made last, so it stands for the whole layout.
    if (await host.files.facts(layout.registry)) {
      wasSeen = true;
      return true;
    }
    // An absent root must not be taken for an empty one: every volume would seem to be gone.
    if (wasSeen) throw vanished(doing, layout);
    return false;
  }

  async function make(doing: string): Promise<void> {
    if (await exists(doing)) return;
    const { files } = host;
    await files.makeDirectory(dirname(layout.root));
    await files.createDirectory(layout.root, passable);
    for (const path of [layout.own, layout.images, layout.trash, layout.registry]) {
      await files.createDirectory(path, closed);
    }
    wasSeen = true;
  }

  return { requireMounted, exists, make };
}

function vanished(doing: string, layout: Layout): VolumeError {
  return new VolumeError(
    'unavailable',
    `${doing}: ${layout.registry} was there before and is missing now: mount the disk of ${layout.root} again or restore it. ` +
      'If all its volumes are really gone, restart Holdfast.',
  );
}
