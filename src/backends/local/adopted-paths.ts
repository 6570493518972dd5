import type { Volume } from '../../core/volume.ts';
import { type ErrorCode, VolumeError } from '../../core/volume-error.ts';
import type { Host } from '../../host/host.ts';
import { bindVerified, takeDown } from '../shared/binding.ts';
import type { DataKind } from '../shared/data-kind.ts';
import type { Layout } from './layout.ts';
import { isWithin } from './settings.ts';

/** Volumes that are an existing directory below an allowed root: taken as it is, and never deleted. */
export function createAdoptedPaths(host: Host, layout: Layout, allowedRoots: readonly string[]): DataKind {
  return {
    madeUnder: 'id',
    async prepare(volume) {
      await resolveAllowed(host, layout, allowedRoots, volume, 'created');
    },
    settle: async () => undefined,
    discard: async () => undefined,
    placeOf: (volume) => ({ kind: 'adopted', path: pathOf(volume) }),
    async stage(volume, mountpoint) {
      // The path is looked at anew: a symlink may have been put into it since.
      const path = await resolveAllowed(host, layout, allowedRoots, volume, 'mounted');
      return bindVerified(host, { volume, source: path, data: path, mountpoint, over: 'bare' });
    },
    unstage: (volume, mountpoint) => takeDown(host, volume, mountpoint),
  };
}

/** The canonical path. The bind refuses a symlink that comes into it later. */
async function resolveAllowed(
  host: Host,
  layout: Layout,
  allowedRoots: readonly string[],
  volume: Volume,
  verb: 'created' | 'mounted',
): Promise<string> {
  const { files } = host;
  const path = pathOf(volume);
  const refuse = (code: ErrorCode, reason: string) =>
    new VolumeError(code, `Volume ${volume.name} could not be ${verb}: its path ${path} ${reason}.`);
  const missing = verb === 'created' ? 'invalid' : 'unavailable';
  const real = await files.realPath(path);
  if (real === undefined)
    throw refuse(missing, `does not exist: make it with \`mkdir -p ${path}\`, or mount its disk`);
  if ((await files.facts(real))?.kind !== 'directory')
    throw refuse(missing, 'is not a directory: name a directory');
  const roots = await Promise.all(allowedRoots.map((root) => files.realPath(root)));
  if (!roots.some((root) => root !== undefined && root !== real && isWithin(real, root))) {
    const found = real === path ? 'is' : `leads to ${real}, which is`;
    throw refuse(
      'invalid',
      `${found} not below one of the driver's allowedRoots (${allowedRoots.join(', ')})`,
    );
  }
  const own = (await files.realPath(layout.root)) ?? layout.root;
  if (isWithin(real, own) || isWithin(own, real)) {
    throw refuse('invalid', `overlaps the driver's own root ${own}: choose one outside of it`);
  }
  return real;
}

function pathOf(volume: Volume): string {
  if (volume.options.path !== undefined) return volume.options.path;
  throw new VolumeError('failed', `Volume ${volume.name} has no path in its record.`);
}
