import type { Log } from '../../core/log.ts';
import type { Volume } from '../../core/volume.ts';
import type { Host } from '../../host/host.ts';
import type { WantedBind } from '../shared/binding.ts';
import type { DeviceFolders } from './disk-candidates.ts';
import type { DiskDevice } from './disk-device.ts';

export interface DiskParts {
  readonly host: Pick<Host, 'files' | 'mounts' | 'programs'>;
  readonly folders: DeviceFolders;
  readonly driver: string;
  readonly log: Log;
  /** Called before the disk is formatted. */
  audit(act: 'format', volume: Volume, evidence: string): void;
}

/** An attached disk, and what it is to be to its volume. */
export interface StagedDisk {
  readonly volume: Volume;
  readonly device: DiskDevice;
  readonly origin: Origin;
  readonly over: WantedBind['over'];
}

/** `blank`: Holdfast made the volume, empty, as its tag says. Any other is never formatted. */
export type Origin = 'blank' | 'snapshot' | 'adopted';
