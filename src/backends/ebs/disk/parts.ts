import type { Audit } from '../../../core/audit.ts';
import type { Log } from '../../../core/log.ts';
import type { Volume } from '../../../core/volume.ts';
import type { Report } from '../../../core/waits/progress.ts';
import type { Host } from '../../../host/host.ts';
import type { Clock } from '../clock.ts';
import type { DeviceFolders } from './candidates.ts';
import type { DiskDevice } from './device.ts';

export interface DiskParts {
  readonly host: Pick<Host, 'files' | 'mounts' | 'programs'>;
  readonly folders: DeviceFolders;
  readonly clock: Clock;
  readonly driver: string;
  readonly log: Log;
  readonly audit: Audit;
  readonly report?: Report | undefined;
}

/** An attached disk and its role for its volume. */
export interface AttachedDisk {
  readonly volume: Volume;
  readonly device: DiskDevice;
  /** Its tag says that Holdfast made the EBS volume empty and has not formatted it yet. Any other is never formatted. */
  readonly isBlank: boolean;
  /** Removes that tag: called once the disk has its file system, before anything is mounted. */
  onFormatted(): Promise<void>;
}
