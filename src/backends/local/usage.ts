import { dirname } from 'node:path';
import { parseSize } from '../../core/sizes.ts';
import type { Measured } from '../../core/usage.ts';
import type { Volume } from '../../core/volume.ts';
import type { Host } from '../../host/host.ts';
import type { Backend } from '../backend.ts';
import type { RecordedStorage } from '../shared/recorded/storage.ts';
import {
  filesForUsage,
  measureDirectory,
  measureFileSystem,
  measureRoom,
  measureTrash,
} from '../shared/usage.ts';
import { type Allowed, whereAdopted } from './adopted-paths.ts';
import { createLayout } from './layout.ts';
import { kindOf } from './options.ts';
import type { LocalSettings } from './settings.ts';

export interface LocalUsageParts {
  readonly host: Host;
  readonly storage: RecordedStorage;
  readonly settings: LocalSettings;
  readonly allowed: Allowed;
}

/** Implements `Backend.usage`. The data is reached through the root, never through the mountpoint, which a count would keep busy. */
export function createLocalUsage({ host, storage, settings, allowed }: LocalUsageParts): Backend['usage'] {
  const layout = createLayout(settings.root);
  const files = () => filesForUsage(host, layout.root);

  /** Images are sparse: together they may be larger than the root. */
  async function ofImage(volume: Volume, mountpoint: string | undefined): Promise<Measured> {
    await storage.root.requireThere(doingOf(volume));
    const room = await measureRoom(files(), layout.root, { of: 'root', place: layout.root });
    if (mountpoint !== undefined) return { ...(await measureFileSystem(files(), mountpoint)), room };
    return { of: 'volume', sizeBytes: parseSize(volume.options.size ?? ''), room };
  }

  async function ofDirectory(volume: Volume, signal: AbortSignal): Promise<Measured | undefined> {
    await storage.root.requireThere(doingOf(volume));
    const { root } = layout;
    const room = { of: 'root', place: root } as const;
    const directory = { files: files().below(root), path: layout.directory(volume), above: root, room };
    return measureDirectory(directory, signal);
  }

  /** The limits may promise more than the root has. Without its limit, the directory is counted. */
  async function ofQuota(volume: Volume, signal: AbortSignal): Promise<Measured | undefined> {
    const measured = await ofDirectory(volume, signal);
    if (measured?.sizeBytes === undefined) return measured;
    return { ...measured, room: await measureRoom(files(), layout.root, { of: 'root', place: layout.root }) };
  }

  async function ofAdopted(volume: Volume, signal: AbortSignal): Promise<Measured | undefined> {
    const looked = { files: files(), mounts: host.mounts };
    const path = await whereAdopted(looked, { layout, settings, allowed }, volume, 'measured');
    const room = { of: 'root', place: path } as const;
    // Canonical, so no part of it is a symlink, unless somebody makes it one now.
    return measureDirectory({ files: files().below('/'), path, above: dirname(path), room }, signal);
  }

  return (volume, mountpoint, signal) =>
    storage.act({
      doing: doingOf(volume),
      signal,
      kind: 'look',
      work: () => {
        const admitted = storage.admit(volume);
        const kind = kindOf(admitted);
        if (kind === 'image') return ofImage(admitted, mountpoint);
        if (kind === 'quota') return ofQuota(admitted, signal);
        return kind === 'adopted' ? ofAdopted(admitted, signal) : ofDirectory(admitted, signal);
      },
    });
}

function doingOf({ name }: Volume): string {
  return `Volume ${name} could not be measured`;
}

/** Implements `Backend.removedBytes`. */
export function createLocalTrashUsage({
  host,
  storage,
  settings,
}: Omit<LocalUsageParts, 'allowed'>): Backend['removedBytes'] {
  const { root, trash } = createLayout(settings.root);
  const doing = 'The trash could not be measured';
  return (signal) =>
    storage.act({
      doing,
      signal,
      kind: 'look',
      async work() {
        if (!(await storage.root.exists(doing, signal))) return 0;
        return measureTrash(filesForUsage(host, root).below(root), trash, signal);
      },
    });
}
