import type { VolumeName } from '../../core/names.ts';
import { isUnreadable, type KnownVolume } from '../../core/volume.ts';
import { isLate, type LateVolume, readLate } from './records.ts';

/** Volumes by name. One that was read from the cache file is parsed when it is first asked for. */
export interface VolumeMap {
  get(name: VolumeName): KnownVolume | undefined;
  set(volume: KnownVolume | LateVolume): void;
  has(name: VolumeName): boolean;
  delete(name: VolumeName): void;
  names(): readonly VolumeName[];
  all(): Generator<KnownVolume>;
  readonly size: number;
  /** How many of them are known to be unreadable. */
  readonly unreadable: number;
}

export function createVolumeMap(): VolumeMap {
  const volumes = new Map<VolumeName, KnownVolume | LateVolume>();
  const unreadable = new Set<VolumeName>();

  function set(volume: KnownVolume | LateVolume): void {
    volumes.set(volume.name, volume);
    if (!isLate(volume) && isUnreadable(volume)) unreadable.add(volume.name);
    else unreadable.delete(volume.name);
  }

  function get(name: VolumeName): KnownVolume | undefined {
    const found = volumes.get(name);
    if (found === undefined || !isLate(found)) return found;
    const volume = readLate(found);
    set(volume);
    return volume;
  }

  function* all(): Generator<KnownVolume> {
    for (const name of volumes.keys()) {
      const volume = get(name);
      if (volume !== undefined) yield volume;
    }
  }

  return {
    get,
    set,
    has: (name) => volumes.has(name),
    delete(name) {
      volumes.delete(name);
      unreadable.delete(name);
    },
    names: () => [...volumes.keys()],
    all,
    get size() {
      return volumes.size;
    },
    get unreadable() {
      return unreadable.size;
    },
  };
}
