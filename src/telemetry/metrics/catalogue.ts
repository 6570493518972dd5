/** One metric, as it is exposed and documented. */
export interface MetricSpec {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
}

const perVolume = ['driver', 'volume', 'of'];
const perBackup = ['backup', 'driver', 'volume'];

/**
 * All metrics. Names and labels only grow. Figures of volumes are named like the kubelet's (`kubelet_volume_stats_…`), those of EC2
 * like the EBS CSI driver's. An unknown value has no sample; it is never 0.
 */
export const catalogue = [
  gauge('holdfast_build_info', '1, with the versions of Holdfast and Node.', ['version', 'node']),
  histogram('holdfast_call_duration_seconds', 'Calls of drivers, by outcome.', ['driver', 'verb', 'outcome']),
  gauge('holdfast_volumes', 'Volumes in the list.', ['driver']),
  gauge('holdfast_volumes_unreadable', 'Volumes whose record cannot be read.', ['driver']),
  gauge('holdfast_volumes_staged', 'Volumes that are mounted on this host.', ['driver']),
  gauge('holdfast_volumes_held', 'Volumes that somebody holds.', ['driver']),
  gauge(
    'holdfast_volumes_in_use',
    'Volumes that the kernel shows in use; no sample if processes are hidden.',
    ['driver'],
  ),
  gauge('holdfast_volumes_dead_mounts', 'Volumes with a dead mount in containers.', ['driver']),
  gauge(
    'holdfast_trash_bytes',
    'Space taken by removed volumes that can be brought back, as last measured.',
    ['driver'],
  ),
  gauge('holdfast_catalog_age_seconds', 'Time since the storage was last listed.', ['driver']),
  counter('holdfast_list_failures_total', 'Failed lists of the storage.', ['driver']),
  counter('holdfast_holders_dropped_total', 'Holders that were dropped because their Unmount was lost.', [
    'driver',
  ]),
  gauge('holdfast_server_up', '1 while the storage server answers, otherwise 0.', ['driver', 'server']),
  gauge('holdfast_server_trouble_seconds', 'How long the storage server has been in trouble.', [
    'driver',
    'server',
  ]),
  gauge('holdfast_volume_stats_used_bytes', 'Bytes that are used.', perVolume),
  gauge('holdfast_volume_stats_capacity_bytes', 'Capacity in bytes.', perVolume),
  gauge('holdfast_volume_stats_available_bytes', 'Bytes that are left.', perVolume),
  gauge('holdfast_volume_stats_inodes_used', 'Inodes that are used.', perVolume),
  gauge('holdfast_volume_stats_inodes', 'Number of inodes, used and free.', perVolume),
  gauge('holdfast_volume_stats_inodes_free', 'Inodes that are left.', perVolume),
  gauge(
    'holdfast_backup_last_success_timestamp_seconds',
    'When the volume was last backed up, since the epoch.',
    perBackup,
  ),
  gauge(
    'holdfast_backup_last_proof_timestamp_seconds',
    'When a backup of the volume was last restored and found good, since the epoch.',
    perBackup,
  ),
  gauge(
    'holdfast_backup_late',
    '1 if the volume missed two scheduled backups, or two scheduled proofs, otherwise 0.',
    perBackup,
  ),
  histogram('holdfast_attach_duration_seconds', 'Attaching an EBS volume.', ['driver']),
  histogram('holdfast_detach_duration_seconds', 'Detaching an EBS volume.', ['driver']),
  gauge('holdfast_ec2_detach_pending_seconds', 'How long a detach has been running.', ['driver', 'volume']),
  histogram('holdfast_ec2_request_duration_seconds', 'Requests to EC2, including retries.', [
    'driver',
    'request',
  ]),
  counter('holdfast_ec2_request_errors_total', 'Requests to EC2 that failed, by the kind of failure.', [
    'driver',
    'request',
    'error',
  ]),
  counter('holdfast_ec2_request_throttles_total', 'Requests that EC2 throttled.', ['driver', 'request']),
  gauge('holdfast_event_loop_lag_seconds', 'The longest delay of the event loop since the last scrape.', []),
  gauge('process_resident_memory_bytes', 'Resident memory.', []),
  gauge('process_open_fds', 'Open file descriptors.', []),
  gauge('process_max_fds', 'The limit of open file descriptors.', []),
  gauge('process_start_time_seconds', 'When the process started, since the epoch.', []),
  counter('process_cpu_seconds_total', 'Processor time, user and system.', []),
] as const satisfies readonly MetricSpec[];

export type MetricName = (typeof catalogue)[number]['name'];

function gauge<N extends string>(name: N, help: string, labels: readonly string[]) {
  return { name, type: 'gauge', help, labels } as const;
}

function counter<N extends string>(name: N, help: string, labels: readonly string[]) {
  return { name, type: 'counter', help, labels } as const;
}

function histogram<N extends string>(name: N, help: string, labels: readonly string[]) {
  return { name, type: 'histogram', help, labels } as const;
}

/** One value of a metric. */
export interface Sample {
  /** The suffix of a histogram's values. */
  readonly suffix?: '_bucket' | '_sum' | '_count';
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A missing metric has no value now. */
export type Readings = ReadonlyMap<MetricName, readonly Sample[]>;
