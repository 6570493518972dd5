import type { Clock } from '../../../../src/backends/ebs/clock.ts';
import { type DeviceFolders, machineFolders } from '../../../../src/backends/ebs/disk/candidates.ts';
import type { DiskParts } from '../../../../src/backends/ebs/disk/parts.ts';
import { type StagedDisk, stageDisk, unstageDisk } from '../../../../src/backends/ebs/disk/staging.ts';
import type { AuditedAct } from '../../../../src/core/audit.ts';
import { parseVolumeName } from '../../../../src/core/names.ts';
import type { Options, Volume } from '../../../../src/core/volume.ts';
import type { Host } from '../../../../src/host/host.ts';

export const diskId = 'vol-0123456789abcdef0';
export const serial = 'vol0123456789abcdef0';
export const otherSerial = 'vol0fedcba9876543210';
export const byId = `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${serial}`;

export function diskVolume(options: Options = {}): Volume {
  return {
    name: parseVolumeName('db'),
    id: '0123456789abcdef',
    options: { fsType: 'ext4', uid: '0', gid: '0', mode: '0755', readOnly: 'false', ...options },
    given: {},
    createdAt: '2026-01-01T00:00:00.000Z',
  };
}

/** A clock that advances as soon as somebody waits; `onPause` is called for each wait. */
export function fastClock(onPause: (pause: number) => void = () => undefined): Clock {
  let now = 0;
  return {
    now: () => now,
    sleep: async (milliseconds) => {
      now += milliseconds;
      onPause(milliseconds);
    },
  };
}

/** Stages an attached disk as the backend does, and records the result. */
export interface DiskSubject {
  readonly parts: DiskParts;
  readonly acts: readonly AuditedAct[];
  readonly events: readonly { readonly event: string; readonly fields: unknown }[];
  /** Whether the volume still has the tag that says it is blank. */
  isBlank: boolean;
  stage(options?: Options, more?: Partial<StagedDisk>): Promise<void>;
  unstage(): Promise<void>;
  readonly mountpoint: string;
}

export function createDiskSubject(
  host: Host,
  folder: string,
  folders: DeviceFolders = machineFolders,
): DiskSubject {
  const acts: AuditedAct[] = [];
  const events: { event: string; fields: unknown }[] = [];
  const mountpoint = `${folder}/mnt/db`;
  const parts: DiskParts = {
    host,
    folders,
    clock: fastClock(),
    driver: 'gold',
    log: { enabled: () => true, write: (_, event, fields) => void events.push({ event, fields }) },
    audit: (act) => void acts.push(act),
  };
  const subject: DiskSubject = {
    parts,
    acts,
    events,
    isBlank: true,
    mountpoint,
    async stage(options = {}, more = {}) {
      if ((await host.mounts.at(mountpoint)).kind === 'missing') await host.files.makeMountpoint(mountpoint);
      const staged: StagedDisk = {
        volume: diskVolume(options),
        diskId,
        requested: '/dev/xvdba',
        isBlank: subject.isBlank,
        mountpoint,
        over: 'bare',
        onFormatted: async () => {
          subject.isBlank = false;
        },
        ...more,
      };
      await stageDisk(parts, staged, new AbortController().signal);
    },
    unstage: () => unstageDisk(host, diskVolume(), mountpoint),
  };
  return subject;
}
