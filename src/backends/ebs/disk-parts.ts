import type { Log } from '../../core/log.ts';
import type { Volume } from '../../core/volume.ts';
import type { Host } from '../../host/host.ts';
import type { Audit } from '../backend.ts';
import type { DeviceFolders } from './disk-candidates.ts';
import type { DiskDevice } from './disk-device.ts';
import type { Clock } from './retry-clock.ts';

export interface DiskParts {
  readonly host: Pick<Host, 'files' | 'mounts' | 'programs'>;
  readonly folders: DeviceFolders;
  readonly clock: Clock;
  readonly driver: string;
  readonly log: Log;
  readonly audit: Audit;
}

/** An attached disk, and what it is to its volume. */
export interface FoundDisk {
  readonly volume: Volume;
  readonly device: DiskDevice;
  /** Holdfast made the EBS volume, empty, and has not formatted it yet, as its tag says. Any other is never formatted. */
  readonly isBlank: boolean;
  /** Takes that tag away: called once the disk has its file system, before anything is mounted. */
  onFormatted(): Promise<void>;
}
