import type { Log } from '../../core/log.ts';
import type { Witness } from '../../core/witness.ts';
import type { Host } from '../../host/host.ts';
import type { Audit } from '../backend.ts';
import type { DeviceNames } from './device-names.ts';
import type { DeviceFolders } from './disk-candidates.ts';
import type { DiskTurns } from './disk-turns.ts';
import type { Ec2 } from './ec2.ts';
import type { FoundDisk } from './find-disk.ts';
import type { Lingering } from './linger.ts';
import type { RecentChanges } from './recent-changes.ts';
import type { Clock } from './retry-clock.ts';
import type { SeenDisks } from './seen-disks.ts';
import type { EbsSettings } from './settings.ts';
import type { UsedTokens } from './used-tokens.ts';
import type { Whereabouts } from './whereabouts.ts';

/** What the verbs of one EBS driver share. */
export interface EbsContext {
  readonly driver: string;
  readonly host: Host;
  readonly log: Log;
  readonly audit: Audit;
  readonly settings: EbsSettings;
  readonly clock: Clock;
  /** Where the kernel's devices are. */
  readonly folders: DeviceFolders;
  /** Made when it is first asked for: the SDK takes a while to load. */
  ec2(): Promise<Ec2>;
  whereabouts(signal: AbortSignal): Promise<Whereabouts>;
  /** Beside EC2's own word. */
  readonly witnesses: readonly Witness[];
  readonly deviceNames: DeviceNames;
  readonly recent: RecentChanges;
  readonly seen: SeenDisks;
  readonly turns: DiskTurns;
  readonly tokens: UsedTokens;
  /** EBS volumes attached here that the last purge found idle. */
  readonly idleBefore: Set<string>;
  /** The EBS volume of each volume that was found, by the volume's ID: what it is now is always asked. */
  readonly diskIds: Map<string, string>;
  /** What this daemon has staged, by the volume's ID: as it was attached. */
  readonly staged: Map<string, FoundDisk>;
  /** Detaches that wait for the end of `linger`, by EBS volume. */
  readonly lingering: Map<string, Lingering>;
}
