import { basename, dirname } from 'node:path';
import { overlap } from '../../core/paths.ts';

/** Where Holdfast itself has volumes mounted, for all drivers of the process. A mount there is not a use of another volume. */
export interface StagedPlaces {
  /** `isStaged` tells whether the driver has, or may have, a volume of that name mounted below `mountRoot`. */
  add(mountRoot: string, isStaged: (name: string) => boolean): void;
  has(path: string): boolean;
  /** The directory is for nobody else. */
  own(directory: string): void;
  /** A directory of Holdfast's own that this path is, is in, or contains. */
  ownAt(path: string): string | undefined;
}

export function createStagedPlaces(): StagedPlaces {
  const drivers = new Map<string, (name: string) => boolean>();
  const owned = new Set<string>();
  return {
    add: (mountRoot, isStaged) => void drivers.set(mountRoot, isStaged),
    own: (directory) => void owned.add(directory),
    ownAt: (path) => [...owned].find((directory) => overlap(path, directory)),
    has(path) {
      if (drivers.get(dirname(path))?.(basename(path))) return true;
      return [...drivers.keys()].some((mountRoot) => isPrivate(path, mountRoot));
    },
  };
}

/**
 * Whether it is a mount of a backend's own: `.shares/…` beside the driver's mount root, or `.staging-…` in it. A volume's name
 * never begins with a dot. A mount for reading aside is not private: it counts as use.
 */
function isPrivate(path: string, mountRoot: string): boolean {
  if (isAside(path, mountRoot)) return false;
  return [dirname(mountRoot), mountRoot].some((directory) => path.startsWith(`${directory}/.`));
}

/**
 * Whether a daemon, this one or another of this host, mounted a whole share there for its own work. For a volume that is the whole share
 * too, that is not a use.
 */
export function isShare(path: string): boolean {
  return /\/\.shares\/[^/]+\/[^/]+$/.test(path);
}

export function isOwnShare(path: string, mountRoot: string): boolean {
  return isShare(path) && path.startsWith(`${dirname(mountRoot)}/.shares/`);
}

/** The directory of the places where a driver's data is mounted for a reader or writer of Holdfast's own. */
export function asideRoot(mountRoot: string): string {
  return `${dirname(mountRoot)}/.aside/${basename(mountRoot)}`;
}

function isAside(path: string, mountRoot: string): boolean {
  return path.startsWith(`${dirname(mountRoot)}/.aside/`);
}
