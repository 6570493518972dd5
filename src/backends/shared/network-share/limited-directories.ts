import { dirname, join, relative } from 'node:path';
import { formatSize, shortSize } from '../../../core/sizes.ts';
import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { DataKind } from '../recorded/data-kind.ts';
import { sizeOf } from '../recorded/enlarged.ts';
import type { Registry } from '../recorded/registry.ts';
import type { DirectoryLimits } from './directory-limits.ts';
import type { ShareLayout } from './layout.ts';
import type { OpenShare } from './open-share.ts';

export interface LimitedParts {
  readonly home: OpenShare;
  readonly layout: ShareLayout;
  readonly limits: DirectoryLimits;
  readonly registry: Registry;
}

/**
 * Directories of the driver's share with a size, as a limit of each. Whatever put a directory in its place (a create, a copy, the trash):
 * its limit is looked at before each mount, and made right.
 */
export function createLimitedDirectories(parts: LimitedParts, directories: DataKind): DataKind {
  const { limits, layout } = parts;
  return {
    ...directories,
    async requireFree(volume, signal) {
      await limits.require(creating(volume), signal);
      await requireSpace(parts, volume);
      await directories.requireFree(volume, signal);
    },
    async prepare(volume, signal) {
      await requireSpace(parts, volume);
      const prepared = await directories.prepare(volume, signal);
      const limited = { directory: layout.freshDirectory(volume), bytes: sizeOf(volume) };
      await limits.provide(limited, creating(volume), signal);
      return prepared;
    },
    async stage(volume, mountpoint, signal) {
      await provideRecorded(parts, volume, `Volume ${volume.name} could not be mounted`, signal);
      return directories.stage(volume, mountpoint, signal);
    },
  };
}

/**
 * Gives the volume's directory, if it is in its place, the size that is recorded. Another host may record another one and make it the
 * limit at the same time: who makes a limit looks at the record again.
 */
export async function provideRecorded(
  { home, layout, limits, registry }: LimitedParts,
  volume: Volume,
  doing: string,
  signal: AbortSignal,
): Promise<void> {
  const directory = placeOf(layout, volume);
  if ((await home.files.facts(directory))?.kind !== 'directory') return;
  for (let made: number | undefined; ; ) {
    const recorded = await registry.lookup(volume.name);
    const bytes = sizeOf(recorded?.id === volume.id ? recorded : volume);
    if (bytes === made) return;
    if ((await limits.provide({ directory, bytes }, doing, signal)) === 'kept') return;
    made = bytes;
  }
}

/** Bytes that count towards the volume's recorded size; undefined if that is not the limit of its directory. */
export function usedOf({ layout, limits }: LimitedParts, recorded: Volume): Promise<number | undefined> {
  return limits.used({ directory: placeOf(layout, recorded), bytes: sizeOf(recorded) });
}

/** Whether the volume's directory has its recorded size as its limit; also if it is not in its place yet, and gets it there. */
export async function isSet(parts: LimitedParts, recorded: Volume): Promise<boolean> {
  const { home, layout } = parts;
  const isThere = (await home.files.facts(placeOf(layout, recorded)))?.kind === 'directory';
  return !isThere || (await usedOf(parts, recorded)) !== undefined;
}

function placeOf({ root }: ShareLayout, { name, options }: Volume): string {
  return join(root, options.subdir ?? name);
}

/** The least of what is free on the share, and in each directory above the volume's: such a directory may have a limit, too. */
export async function roomFor(
  { home, layout }: LimitedParts,
  volume: Volume,
): Promise<{ readonly freeBytes: number; readonly place: string }> {
  const { files, share } = home;
  let least = { freeBytes: (await files.space(layout.root)).freeBytes, place: share.source };
  for (let path = dirname(placeOf(layout, volume)); path !== layout.root; path = dirname(path)) {
    if ((await files.facts(path)) === undefined) continue;
    const { freeBytes } = await files.space(path);
    if (freeBytes < least.freeBytes)
      least = { freeBytes, place: join(share.source, relative(layout.root, path)) };
  }
  return least;
}

/** As for an image, the sizes of all volumes together may be more than the share has. */
async function requireSpace(parts: LimitedParts, volume: Volume): Promise<void> {
  const { freeBytes, place } = await roomFor(parts, volume);
  if (freeBytes >= sizeOf(volume)) return;
  throw new VolumeError(
    'unavailable',
    `${creating(volume)}: it needs ${formatSize(sizeOf(volume))}, but ${place} has only ${shortSize(freeBytes)} free. ` +
      'Choose a smaller size, or free some space.',
    { outOfSpace: true },
  );
}

function creating({ name }: Volume): string {
  return `Volume ${name} could not be created`;
}
