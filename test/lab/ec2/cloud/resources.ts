import type { VolumeType } from './volume-types.ts';

export type Tags = ReadonlyMap<string, string>;

export interface Volume {
  readonly id: string;
  readonly zone: string;
  readonly gib: number;
  readonly type: VolumeType;
  readonly iops: number | undefined;
  readonly throughput: number | undefined;
  readonly encrypted: boolean;
  readonly kmsKeyId: string | undefined;
  readonly snapshotId: string | undefined;
  readonly status: 'creating' | 'available' | 'in-use' | 'deleting' | 'error';
  /** Milliseconds since 1970, as all times here. */
  readonly created: number;
  readonly tags: Tags;
  readonly attachment: Attachment | undefined;
  readonly modification: Modification | undefined;
  /** When its modifications began. */
  readonly modified: readonly number[];
}

export interface Attachment {
  /** Distinguishes it from the next attachment of the same volume. */
  readonly id: string;
  readonly instanceId: string;
  /** As requested. */
  readonly device: string;
  readonly status: 'attaching' | 'attached' | 'busy' | 'detaching';
  readonly since: number;
}

export interface Performance {
  readonly gib: number;
  readonly type: VolumeType;
  readonly iops: number | undefined;
  readonly throughput: number | undefined;
}

export interface Modification {
  readonly state: 'modifying' | 'optimizing' | 'completed';
  readonly from: Performance;
  readonly to: Performance;
  readonly started: number;
  readonly ended: number | undefined;
}

export interface Snapshot {
  readonly id: string;
  readonly volumeId: string;
  readonly gib: number;
  readonly state: 'pending' | 'completed' | 'error';
  /** Made by CopySnapshot. */
  readonly isCopy: boolean;
  /** Why it is in state error. */
  readonly says?: string;
  readonly description: string;
  readonly encrypted: boolean;
  readonly kmsKeyId: string | undefined;
  readonly started: number;
  readonly tags: Tags;
}

export type InstanceState = 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';

export interface Machine {
  readonly id: string;
  readonly zone: string;
  readonly type: string;
  readonly hypervisor: 'xen' | 'nitro';
  readonly state: InstanceState;
  readonly launched: number;
  readonly hopLimit: number;
  /** How many EBS volumes it takes, the root volume among them. */
  readonly attachLimit: number;
  /** Where its devices are: `dev/…`, `sys/block/…` and `sys/dev/block/…` below. */
  readonly folder: string;
  readonly rootVolumeId: string;
  readonly tags: Tags;
}
