import type { ClockReading } from '../../shared/clock-finding.ts';
import type { Ec2Action } from './actions.ts';

/**
 * The part of EC2 that the backend uses. Every method may be repeated. Errors are `Ec2Error`s with AWS's own code; throttling and
 * lost answers are retried inside, as long as the signal allows. Only documented behaviour of the API is relied on.
 */
export interface Ec2 {
  /** The same token and request give the same volume, for about twelve hours, also after it was deleted. */
  createVolume(wanted: WantedDisk, token: string, signal: AbortSignal): Promise<Disk>;
  /** Succeeds if it is gone already. */
  deleteVolume(id: string, signal: AbortSignal): Promise<void>;
  /** Undefined if it does not exist. Calls at the same time share one request. */
  volume(id: string, signal: AbortSignal): Promise<Disk | undefined>;
  /** By server-side filters (`tag:KEY`, `status` …), all pages. */
  findVolumes(filters: Filters, signal: AbortSignal): Promise<readonly Disk[]>;
  /** Like `findVolumes`, with this value of a tag. Calls at the same time with the same filters share one request. */
  findTagged(filters: Filters, tag: TagValue, signal: AbortSignal): Promise<readonly Disk[]>;
  /**
   * Only starts the attach: `volume` tells when it is done. `found`: it is attached there already, under any name, by another request or
   * by this one, whose answer was lost.
   */
  attach(id: string, instanceId: string, device: string, signal: AbortSignal): Promise<'begun' | 'found'>;
  /** Only starts the detach, never with Force. Succeeds if it is not attached there, or not as `device`, if that is given. */
  detach(id: string, instanceId: string, device: string | undefined, signal: AbortSignal): Promise<void>;
  /** Sets tags of volumes or snapshots; tags with other keys stay. */
  setTags(ids: readonly string[], tags: Tags, signal: AbortSignal): Promise<void>;
  removeTags(ids: readonly string[], keys: readonly string[], signal: AbortSignal): Promise<void>;
  /** Undefined when EC2 does not know it (any more). Calls at the same time share one request. */
  instance(id: string, signal: AbortSignal): Promise<Instance | undefined>;
  /** How many EBS volumes an instance of this type takes; undefined if EC2 does not say. Asked once per type. */
  attachLimit(instanceType: string, signal: AbortSignal): Promise<AttachLimit | undefined>;
  /**
   * If the volume already has a snapshot with all our own tags (`holdfast:`), returns that one: these tags say what it is made for.
   * Other tags, such as those of the settings, differ between hosts, and anybody may change them.
   */
  createSnapshot(volumeId: string, description: string, tags: Tags, signal: AbortSignal): Promise<Snapshot>;
  /**
   * Copies a complete snapshot into this client's region, and returns the ID of the copy, which is pending at first. If the region has a
   * snapshot with all our own tags (`holdfast:`), returns that one.
   */
  copySnapshot(source: SnapshotSource, description: string, tags: Tags, signal: AbortSignal): Promise<string>;
  /** Succeeds if it is gone already. */
  deleteSnapshot(id: string, signal: AbortSignal): Promise<void>;
  snapshot(id: string, signal: AbortSignal): Promise<Snapshot | undefined>;
  /** Those of this account, by server-side filters (`tag:KEY`, `tag-key` …), all pages. */
  findSnapshots(filters: Filters, signal: AbortSignal): Promise<readonly Snapshot[]>;
  /** Only starts the change: `modification` tells when it is done. A repetition whose first request was not answered succeeds. */
  modifyVolume(id: string, wanted: WantedChange, signal: AbortSignal): Promise<Modification>;
  /** The volume's latest change; undefined if it never had one. */
  modification(id: string, signal: AbortSignal): Promise<Modification | undefined>;
  /**
   * Whether EC2 would let this instance do it, by a dry run (`DryRun`), which does nothing. Rejects as any request where EC2 says
   * neither yes nor no.
   */
  mayDo(action: Ec2Action, here: Place, signal: AbortSignal): Promise<boolean>;
  /** EC2's clock at its last answer; undefined: it has not answered yet. */
  clock(): ClockReading | undefined;
  /** How many requests were sent since the start, by action; repetitions count. */
  requests(): ReadonlyMap<string, number>;
  /** How many of them EC2 throttled. */
  throttled(): ReadonlyMap<string, number>;
}

/** What a dry run is about. */
export interface Place {
  readonly instanceId: string;
  readonly zone: string;
}

export interface SnapshotSource {
  readonly region: string;
  readonly snapshotId: string;
}

export const diskTypes = ['gp3', 'gp2', 'io2', 'io1', 'st1', 'sc1', 'standard'] as const;
export type DiskType = (typeof diskTypes)[number];

export type Filters = Readonly<Record<string, readonly string[]>>;
export type Tags = Readonly<Record<string, string>>;

export interface TagValue {
  readonly key: string;
  readonly value: string;
}

/** An EBS volume as EC2 describes it. ("Volume" is what Docker names.) */
export interface Disk {
  /** `vol-…`. */
  readonly id: string;
  readonly state: 'creating' | 'available' | 'in-use' | 'deleting' | 'deleted' | 'error';
  readonly sizeGiB: number;
  readonly type: string;
  readonly iops?: number;
  /** MiB/s. */
  readonly throughput?: number;
  readonly encrypted: boolean;
  readonly kmsKeyId?: string;
  /** Availability zone. */
  readonly zone: string;
  /** The ID of the snapshot that it was made from. */
  readonly snapshotId?: string;
  readonly tags: Tags;
  readonly attachments: readonly Attachment[];
  /** True if several instances may have it at once: then nothing that we do is safe. */
  readonly isMultiAttach?: true;
}

export interface AttachLimit {
  readonly most: number;
  /** True if network interfaces and local NVMe disks count too, so fewer EBS volumes fit. */
  readonly isShared: boolean;
}

export interface Attachment {
  readonly instanceId: string;
  /** The requested name, such as `/dev/xvdba`. */
  readonly device: string;
  readonly state: 'attaching' | 'attached' | 'detaching' | 'detached' | 'busy';
}

export interface WantedDisk {
  readonly zone: string;
  readonly sizeGiB?: number;
  readonly type: DiskType;
  readonly iops?: number;
  readonly throughput?: number;
  readonly encrypted?: boolean;
  readonly kmsKeyId?: string;
  readonly snapshotId?: string;
  readonly tags: Tags;
}

export interface Instance {
  readonly id: string;
  readonly state: 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';
  readonly zone: string;
  readonly type: string;
  /** Device names in use there, and the volumes behind them. */
  readonly devices: ReadonlyMap<string, string>;
  /** Its private DNS name, the first label of that, and its private address; empty if it is terminated. */
  readonly names: readonly string[];
  /** Time of its last start, in milliseconds since the epoch. */
  readonly startedAt?: number;
}

export interface Snapshot {
  readonly id: string;
  readonly state: 'pending' | 'completed' | 'error' | 'recoverable' | 'recovering';
  readonly sizeGiB: number;
  /** The EBS volume that it is of; arbitrary for a copy. */
  readonly volumeId: string;
  /** As requested; nobody can change it. */
  readonly description: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** How much of it EC2 has copied, in percent. */
  readonly progress: number;
  /** EC2's own words about its state; empty if it has none. */
  readonly says: string;
  readonly tags: Tags;
}

/** What changes of an EBS volume; what is absent stays as it is. */
export interface WantedChange {
  readonly sizeGiB?: number;
  readonly type?: DiskType;
  readonly iops?: number;
  /** MiB/s. */
  readonly throughput?: number;
}

/** A change of an EBS volume's size, type or performance. */
export interface Modification {
  /** `optimizing`: the new size can be used, the new performance comes gradually. */
  readonly state: 'modifying' | 'optimizing' | 'completed' | 'failed';
  /** What the volume has, or will have, after it. */
  readonly target: WantedChange;
  /** In percent. */
  readonly progress: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** EC2's own words; empty if it has none. */
  readonly says: string;
}

/** An error that EC2 answered with. */
export class Ec2Error extends Error {
  /** AWS's error code, such as `VolumeInUse`. */
  readonly code: string;
  /** The action that was refused, such as `AttachVolume`. */
  readonly action: string;
  /** The same request was sent before without an answer: EC2 refused a repetition, and may have done the first. */
  readonly mayBeDone: boolean;

  constructor(
    action: string,
    code: string,
    message: string,
    options: ErrorOptions & { readonly mayBeDone?: boolean } = {},
  ) {
    super(message, options);
    this.name = 'Ec2Error';
    this.action = action;
    this.code = code;
    this.mayBeDone = options.mayBeDone ?? false;
  }
}
