import type { Volume } from '../../../core/volume.ts';
import type { Details } from '../../backend.ts';
import type { Attachment, Disk } from '../ec2/ec2.ts';
import { volumeIdOn } from '../record/read-tags.ts';

/** A cache of the EBS volumes as EC2 last described them; it makes no requests. */
export interface SeenDisks {
  note(disk: Disk | undefined): void;
  /** Forgets all others. */
  keep(disks: readonly Disk[]): void;
  detailsOf(volume: Volume): Details;
  all(): readonly Disk[];
}

interface Seen {
  readonly disk: Disk;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export function createSeenDisks(driver: string, now: () => number): SeenDisks {
  /** By volume ID. */
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
    all: () => [...seen.values()].map(({ disk }) => disk),
    detailsOf({ id }) {
      const last = seen.get(id);
      return last === undefined ? {} : describe(last);
    },
  };
}

const stateWords: Readonly<Record<Attachment['state'], string>> = {
  attaching: 'attaching',
  attached: 'attached',
  detaching: 'detaching',
  detached: 'detached',
  busy: 'busy: stuck in its detach',
};

/** The actual values in EC2, which may differ from the options by now. */
function figuresOf({ sizeGiB, type, iops, throughput }: Disk): Details {
  return {
    ...(sizeGiB > 0 ? { size: `${sizeGiB}GiB` } : {}),
    ...(type === '' ? {} : { type }),
    ...(iops === undefined ? {} : { iops: `${iops}` }),
    ...(throughput === undefined ? {} : { throughput: `${throughput} MiB/s` }),
  };
}

function describe({ disk, at }: Seen): Details {
  const holders = disk.attachments
    .filter(({ state }) => state !== 'detached')
    .map(({ instanceId, state }) =>
      state === 'attached' ? instanceId : `${instanceId} (${stateWords[state]})`,
    );
  return {
    ebsVolume: disk.id,
    zone: disk.zone,
    ...figuresOf(disk),
    attachedTo: holders.join(', ') || 'nobody',
    seenAt: new Date(at).toISOString(),
  };
}
