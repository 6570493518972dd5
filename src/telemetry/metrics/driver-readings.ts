import type { Usage } from '../../core/usage.ts';
import { isUnreadable, type KnownVolume } from '../../core/volume.ts';
import type { MetricName, Readings, Sample } from './catalogue.ts';
import { isWell } from './counts.ts';

/** A volume as its driver has it in memory. */
export interface ReadVolume {
  readonly volume: KnownVolume;
  readonly mountpoint?: string;
  readonly holders: readonly unknown[];
  readonly catalogAge?: number;
  readonly health?: { readonly server: string; readonly state: string };
  readonly usage?: Usage;
  readonly mustRestart?: readonly unknown[];
}

export interface ReadDriver {
  readonly name: string;
  /** From memory, without asking the storage. */
  views(): Iterable<ReadVolume>;
  status(): {
    readonly trashBytes?: number;
    readonly catalogAge?: number;
    readonly health?: { readonly server: string; readonly state: string };
  };
}

/** The present state of the drivers. `inUse`: the mountpoints that the kernel shows in use; undefined if unknown. */
export function driverReadings(
  drivers: Iterable<ReadDriver>,
  inUse: ReadonlySet<string> | undefined,
): Readings {
  const readings = new Map<MetricName, Sample[]>();
  const put = (name: MetricName, labels: Sample['labels'], value: number | undefined): void => {
    if (value === undefined) return;
    const samples = readings.get(name) ?? [];
    samples.push({ labels, value });
    readings.set(name, samples);
  };
  for (const { name: driver, views, status } of drivers) {
    const volumes = [...views()];
    const { trashBytes, catalogAge, health: home } = status();
    const count = (fits: (view: ReadVolume) => boolean) => volumes.filter(fits).length;
    const isUsed = ({ mountpoint }: ReadVolume) =>
      mountpoint !== undefined && inUse?.has(mountpoint) === true;
    put('holdfast_volumes', { driver }, volumes.length);
    put(
      'holdfast_volumes_unreadable',
      { driver },
      count(({ volume }) => isUnreadable(volume)),
    );
    put(
      'holdfast_volumes_staged',
      { driver },
      count(({ mountpoint }) => mountpoint !== undefined),
    );
    put(
      'holdfast_volumes_held',
      { driver },
      count(({ holders }) => holders.length > 0),
    );
    put('holdfast_volumes_in_use', { driver }, inUse && count(isUsed));
    put(
      'holdfast_volumes_dead_mounts',
      { driver },
      count(({ mustRestart }) => mustRestart !== undefined),
    );
    put('holdfast_trash_bytes', { driver }, trashBytes);
    put('holdfast_catalog_age_seconds', { driver }, catalogAge === undefined ? undefined : catalogAge / 1000);
    const told = [home, ...volumes.map(({ health }) => health)];
    const servers = new Map(told.flatMap((health) => (health ? [[health.server, health.state]] : [])));
    for (const [server = '', state = ''] of servers)
      put('holdfast_server_up', { driver, server }, isWell(state) ? 1 : 0);
    for (const { volume, usage } of volumes) if (usage) putUsage(put, driver, volume.name, usage);
  }
  return readings;
}

type Put = (name: MetricName, labels: Sample['labels'], value: number | undefined) => void;

/** Named like the kubelet's. */
function putUsage(put: Put, driver: string, volume: string, usage: Usage): void {
  const { usedBytes, sizeBytes, usedInodes, inodes } = usage;
  const labels = { driver, volume, of: usage.of };
  put('holdfast_volume_stats_used_bytes', labels, usedBytes);
  put('holdfast_volume_stats_capacity_bytes', labels, sizeBytes);
  put('holdfast_volume_stats_available_bytes', labels, leftOf(sizeBytes, usedBytes));
  put('holdfast_volume_stats_inodes_used', labels, usedInodes);
  put('holdfast_volume_stats_inodes', labels, inodes);
  put('holdfast_volume_stats_inodes_free', labels, leftOf(inodes, usedInodes));
}

function leftOf(whole: number | undefined, used: number | undefined): number | undefined {
  return whole === undefined || used === undefined ? undefined : Math.max(0, whole - used);
}
