import type { Volume } from '../../core/volume.ts';
import type { Details } from '../backend.ts';
import type { Disk } from './ec2.ts';
import { volumeIdOn } from './tags.ts';

/** The EBS volumes as EC2 last told of them, for whoever looks at a volume: no request is made for it. */
export interface SeenDisks {
  note(disk: Disk | undefined): void;
  /** Forgets all others. */
  keep(disks: readonly Disk[]): void;
  detailsOf(volume: Volume): Details;
}

interface Seen {
  readonly disk: Disk;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export function createSeenDisks(driver: string, now: () => number): SeenDisks {
  /** By the volume's own ID. */
  const seen = new Map<string, Seen>();
  return {
    note(disk) {
      const id = disk && volumeIdOn(disk.tags, driver);
      if (disk !== undefined && id !== undefined) seen.set(id, { disk, at: now() });
    },
    keep(disks) {
      const ids = new Set(disks.map(({ tags }) => volumeIdOn(tags, driver)));
      for (const id of seen.keys()) if (!ids.has(id)) seen.delete(id);
    },
    detailsOf({ id }) {
      const last = seen.get(id);
      return last === undefined ? {} : describe(last);
    },
  };
}

function describe({ disk, at }: Seen): Details {
  const holders = disk.attachments
    .filter(({ state }) => state !== 'detached')
    .map(({ instanceId, state }) => (state === 'attached' ? instanceId : `${instanceId} (${state})`));
  return {
    ebsVolume: disk.id,
    zone: disk.zone,
    attachedTo: holders.join(', ') || 'nobody',
    seenAt: new Date(at).toISOString(),
  };
}
