import type { VolumeName } from '../core/names.ts';
import type { KnownVolume } from '../core/volume.ts';

/**
 * Looks names up in the storage for callers that change nothing. Calls for one name share a look-up, which continues after they gave
 * up.
 */
export interface Looks {
  /** The volume as the storage had it at some moment since this call began. */
  at(name: VolumeName): Promise<KnownVolume | undefined>;
}

export function createLooks(look: (name: VolumeName) => Promise<KnownVolume | undefined>): Looks {
  const underWay = new Map<VolumeName, Promise<KnownVolume | undefined>>();

  function begin(name: VolumeName): Promise<KnownVolume | undefined> {
    const begun = look(name).finally(() => underWay.delete(name));
    underWay.set(name, begun);
    return begun;
  }

  return {
    async at(name) {
      const earlier = underWay.get(name);
      const found = await earlier;
      if (found !== undefined) return found;
      // The volume may have appeared since the earlier look. A look that is under way now began after this call.
      return underWay.get(name) ?? begin(name);
    },
  };
}
