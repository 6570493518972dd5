import type { Audit } from '../../core/audit.ts';
import type { Log } from '../../core/log.ts';
import type { Report } from '../../core/waits/progress.ts';
import type { Witness } from '../../core/witness.ts';
import type { Host } from '../../host/host.ts';
import type { Holds } from '../shared/hold.ts';
import type { Clock } from './clock.ts';
import type { DeviceFolders } from './disk/candidates.ts';
import type { Ec2 } from './ec2/ec2.ts';
import type { Whereabouts } from './ec2/instance-identity.ts';
import type { EbsSettings } from './options/settings.ts';
import type { FoundDisk } from './record/found-disk.ts';
import type { DeviceNames } from './state/device-names.ts';
import type { DiskTurns } from './state/disk-turns.ts';
import type { Lingering } from './state/lingering.ts';
import type { RecentChanges } from './state/recent-changes.ts';
import type { RecentSnapshots } from './state/recent-snapshots.ts';
import type { SeenDisks } from './state/seen-disks.ts';
import type { UsedTokens } from './state/used-tokens.ts';

/** What the verbs of one EBS driver share. */
export interface EbsContext {
  readonly driver: string;
  readonly host: Host;
  readonly log: Log;
  readonly audit: Audit;
  readonly report?: Report | undefined;
  readonly settings: EbsSettings;
  readonly clock: Clock;
  /** Where the kernel's devices are. */
  readonly folders: DeviceFolders;
  /** Made when it is first asked for: the SDK takes a while to load. */
  ec2(): Promise<Ec2>;
  /** The same account in another region. */
  ec2In(region: string): Promise<Ec2>;
  whereabouts(signal: AbortSignal): Promise<Whereabouts>;
  /** Asked in addition to EC2. */
  readonly witnesses: readonly Witness[];
  readonly deviceNames: DeviceNames;
  readonly recent: RecentChanges;
  readonly recentSnapshots: RecentSnapshots;
  /** IDs of volumes that clones and rollbacks are making now. */
  readonly copying: Set<string>;
  /** The EBS volume that shows a snapshot to this host, by the snapshot's ID. */
  readonly views: Map<string, string>;
  /** When leftovers were last looked for, in milliseconds since the boot. */
  readonly cleared: { at?: number };
  readonly seen: SeenDisks;
  readonly holds: Holds;
  readonly turns: DiskTurns;
  readonly tokens: UsedTokens;
  /** EBS volumes whose attach is under way, and to which instance. */
  readonly attaching: Map<string, string>;
  /** EBS volumes attached here that the last purge found idle. */
  readonly idleBefore: Set<string>;
  /** The size of all removed volumes' disks when they were last listed. */
  readonly removed: { bytes?: number };
  /** The EBS volume of each volume that was found, by volume ID. Its present state is always asked of EC2. */
  readonly diskIds: Map<string, string>;
  /** What this daemon has staged, by volume ID, as it was attached. */
  readonly staged: Map<string, FoundDisk>;
  /** Detaches that wait for the end of `linger`, by EBS volume. */
  readonly lingering: Map<string, Lingering>;
}
