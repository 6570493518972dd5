import { basename, dirname, join } from 'node:path';
import { isWithin, overlap } from '../../core/paths.ts';
import type { Volume } from '../../core/volume.ts';
import { type ErrorCode, VolumeError } from '../../core/volume-error.ts';
import type { Files, Host, Mounts } from '../../host/host.ts';
import { bindVerified, takeDown } from '../shared/file-system/binding.ts';
import type { DataKind } from '../shared/recorded/data-kind.ts';
import type { Layout } from './layout.ts';
import { notMounted } from './root.ts';
import { type LocalSettings, requiredMounts } from './settings.ts';

/** The directories below which existing ones may be adopted. */
export interface Allowed {
  readonly roots: readonly string[];
  /** Where the setting is written, for messages. */
  readonly place: string;
}

/** A host, or its mounts with another access to its files. */
export interface LookedAt {
  readonly files: Pick<Files, 'facts' | 'realPath'>;
  readonly mounts: Pick<Mounts, 'at'>;
}

type Verb = 'created' | 'mounted' | 'measured';

/** Volumes that adopt an existing directory below an allowed root: used as it is, and never deleted. */
export function createAdoptedPaths(
  host: Host,
  layout: Layout,
  settings: LocalSettings,
  allowed: Allowed,
): DataKind {
  async function prepare(volume: Volume): Promise<Volume> {
    const path = await whereAdopted(host, { layout, settings, allowed }, volume, 'created');
    const adoptedOn = await mountpointAbove(host, path);
    return adoptedOn === '/' ? volume : { ...volume, adoptedOn };
  }

  return {
    madeUnder: 'id',
    requireFree: async (volume) => {
      await whereAdopted(host, { layout, settings, allowed }, volume, 'created');
    },
    prepare,
    unsynced: () => [],
    settle: async () => undefined,
    discard: async () => undefined,
    placeOf: (volume) => ({ kind: 'adopted', path: pathOf(volume), files: host.files }),
    async stage(volume, mountpoint) {
      // A directory may be missing because its disk is: it is not created then.
      await requireDisks(host, volume, settings, 'mounted');
      // Check the path again: it may contain a symlink by now.
      const path = await resolveAllowed(host, layout, allowed, volume, 'mounted');
      const staged = await bindVerified(host, {
        volume,
        source: path,
        data: path,
        mountpoint,
        over: 'bare',
      });
      // The disk may have gone just before the bind.
      await requireDisks(host, volume, settings, 'mounted', path);
      return staged;
    },
    unstage: (volume, mountpoint) => takeDown(host, volume, mountpoint),
  };
}

interface AdoptedParts {
  readonly layout: Layout;
  readonly settings: LocalSettings;
  readonly allowed: Allowed;
}

/** The canonical path of the directory, checked again as in a Create. */
export async function whereAdopted(
  host: LookedAt,
  { layout, settings, allowed }: AdoptedParts,
  volume: Volume,
  verb: Verb,
): Promise<string> {
  await requireDisks(host, volume, settings, verb);
  const path = await resolveAllowed(host, layout, allowed, volume, verb);
  await requireDisks(host, volume, settings, verb, path);
  return path;
}

/**
 * Throws `unavailable` unless the path is on the required mount, and on the mount where it was when adopted. `real`: its
 * canonical path.
 */
async function requireDisks(
  { mounts }: LookedAt,
  volume: Volume,
  settings: LocalSettings,
  verb: Verb,
  real?: string,
): Promise<void> {
  const doing = `Volume ${volume.name} could not be ${verb}`;
  const path = pathOf(volume);
  for (const needed of requiredMounts(settings)) {
    const concerns = isWithin(path, needed) || (real !== undefined && isWithin(real, needed));
    if (concerns && (await mounts.at(needed)).kind !== 'mounted') throw notMounted(doing, needed);
  }
  const { adoptedOn } = volume;
  if (adoptedOn === undefined) return;
  const isThere = (await mounts.at(adoptedOn)).kind === 'mounted';
  if (isThere && (real === undefined || isWithin(real, adoptedOn))) return;
  const happened = isThere
    ? `leads to ${real}, which is not on`
    : 'is not on its disk now: nothing is mounted at';
  throw new VolumeError(
    'unavailable',
    `${doing}: its path ${path} ${happened} ${adoptedOn}, where it was when it was adopted: mount the disk, then retry. ` +
      'If the directory belongs where it is now, remove the volume, which leaves the data alone, and create it again.',
  );
}

/** The mountpoint that a canonical path is on; this may be the path itself. */
async function mountpointAbove({ mounts }: Host, path: string): Promise<string> {
  let at = path;
  while (at !== '/' && (await mounts.at(at)).kind !== 'mounted') at = dirname(at);
  return at;
}

/** The canonical path. The bind refuses a symlink that is put into it later. */
async function resolveAllowed(
  host: LookedAt,
  layout: Layout,
  { roots, place }: Allowed,
  volume: Volume,
  verb: Verb,
): Promise<string> {
  const { files } = host;
  const path = pathOf(volume);
  const refuse = (code: ErrorCode, reason: string) =>
    new VolumeError(code, `Volume ${volume.name} could not be ${verb}: its path ${path} ${reason}.`);
  const real = await canonical(files, path);
  // The rules come first, so that no message advises to make or allow a directory that would then be refused.
  const own = await canonical(files, layout.root);
  if (overlap(real, own)) {
    throw refuse('invalid', `overlaps the driver's own root ${own}: choose one outside it`);
  }
  const realRoots = await Promise.all(roots.map((root) => canonical(files, root)));
  if (!realRoots.some((root) => root !== real && isWithin(real, root))) {
    const found = real === path ? 'is' : `leads to ${real}, which is`;
    const way = `add the directory above it to ${place}, and restart Holdfast`;
    throw refuse(
      'invalid',
      `${found} not below one of the driver's allowedRoots (${roots.join(', ')}): ${way}`,
    );
  }
  const missing = verb === 'created' ? 'invalid' : 'unavailable';
  const facts = (await files.realPath(path)) === undefined ? undefined : await files.facts(real);
  if (facts === undefined)
    throw refuse(missing, `does not exist: make it with \`mkdir -p ${path}\`, or mount its disk`);
  if (facts.kind !== 'directory') throw refuse(missing, 'is not a directory: name a directory');
  return real;
}

/** The path without symlinks; for one that does not exist, what it would be once made. */
async function canonical(files: Pick<Files, 'realPath'>, path: string): Promise<string> {
  const real = await files.realPath(path);
  if (real !== undefined || path === '/') return real ?? path;
  return join(await canonical(files, dirname(path)), basename(path));
}

function pathOf(volume: Volume): string {
  if (volume.options.path !== undefined) return volume.options.path;
  throw new VolumeError('failed', `Volume ${volume.name} has a record without a path.`);
}
