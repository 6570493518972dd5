/** The fields of csi.proto's messages that this front door reads. @grpc/proto-loader leaves only absent messages undefined. */

export type Texts = Readonly<Record<string, string>>;

export interface VolumeCapability {
  readonly access_type?: 'block' | 'mount';
  readonly mount?: {
    readonly fs_type: string;
    readonly mount_flags: readonly string[];
    readonly volume_mount_group: string;
  } | null;
  readonly access_mode?: { readonly mode: string } | null;
}

/** Bytes, as decimal strings, because a double is not exact for all of them. "0": not given. */
export interface CapacityRange {
  readonly required_bytes: string;
  readonly limit_bytes: string;
}

export interface Topology {
  readonly segments: Texts;
}

/** Where a volume must be usable: in one of these places; those that are preferred come first. */
export interface Requirements {
  readonly requisite: readonly Topology[];
  readonly preferred: readonly Topology[];
}

export interface CreateVolumeRequest {
  readonly name: string;
  readonly capacity_range?: CapacityRange | null;
  readonly volume_capabilities: readonly VolumeCapability[];
  readonly parameters: Texts;
  readonly mutable_parameters: Texts;
  readonly volume_content_source?: ContentSource | null;
  readonly accessibility_requirements?: Requirements | null;
}

/** Only one of the two is set. */
export interface ContentSource {
  readonly snapshot?: { readonly snapshot_id: string } | null;
  readonly volume?: { readonly volume_id: string } | null;
}

export interface CreateSnapshotRequest {
  readonly source_volume_id: string;
  readonly name: string;
  readonly parameters: Texts;
}

export interface SnapshotRequest {
  readonly snapshot_id: string;
}

export interface ListSnapshotsRequest extends SnapshotRequest, ListVolumesRequest {
  readonly source_volume_id: string;
}

export interface VolumeRequest {
  readonly volume_id: string;
}

export interface AttachRequest extends VolumeRequest {
  readonly node_id: string;
}

export interface ControllerPublishRequest extends AttachRequest {
  readonly volume_capability?: VolumeCapability | null;
  readonly readonly: boolean;
}

export interface ValidateRequest extends VolumeRequest {
  readonly volume_capabilities: readonly VolumeCapability[];
  readonly volume_context: Texts;
  readonly parameters: Texts;
}

export interface ListVolumesRequest {
  readonly max_entries: number;
  readonly starting_token: string;
}

export interface StageRequest extends VolumeRequest {
  readonly staging_target_path: string;
  readonly volume_capability?: VolumeCapability | null;
}

export interface PublishRequest extends StageRequest {
  readonly target_path: string;
  readonly readonly: boolean;
}

export interface CapacityRequest {
  readonly volume_capabilities: readonly VolumeCapability[];
  readonly accessible_topology?: Topology | null;
}

export interface ExpandRequest extends VolumeRequest {
  readonly capacity_range?: CapacityRange | null;
}

export interface ModifyRequest extends VolumeRequest {
  readonly mutable_parameters: Texts;
}

/** On a node. */
export interface NodeExpandRequest extends ExpandRequest {
  readonly volume_path: string;
}

export interface StatsRequest extends VolumeRequest {
  readonly volume_path: string;
  readonly staging_target_path: string;
}

/** A volume as the interface describes it. */
export interface CsiVolume {
  readonly volume_id: string;
  /** "0": not known, or not limited. */
  readonly capacity_bytes: string;
  readonly volume_context: Texts;
  readonly accessible_topology?: readonly Topology[];
  readonly content_source?: ContentSource;
}

export interface CsiSnapshot {
  /** "0": not known. */
  readonly size_bytes: string;
  readonly snapshot_id: string;
  readonly source_volume_id: string;
  readonly creation_time: { readonly seconds: string; readonly nanos: number };
  readonly ready_to_use: boolean;
}
