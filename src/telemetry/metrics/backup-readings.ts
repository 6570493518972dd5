import type { MetricName, Readings, Sample } from './catalogue.ts';

/** How one volume is backed up; times are milliseconds since the epoch. */
interface Standing {
  readonly backup: string;
  readonly driver: string;
  readonly volume: string;
  readonly lastGood?: number | undefined;
  readonly lastProof?: number | undefined;
  readonly isLate: boolean;
}

export function backupReadings(standings: readonly Standing[]): Readings {
  const readings = new Map<MetricName, Sample[]>();
  const put = (name: MetricName, labels: Sample['labels'], value: number | undefined): void => {
    if (value !== undefined) readings.set(name, [...(readings.get(name) ?? []), { labels, value }]);
  };
  const seconds = (time: number | undefined) => (time === undefined ? undefined : time / 1000);
  for (const { backup, driver, volume, lastGood, lastProof, isLate } of standings) {
    const labels = { backup, driver, volume };
    put('holdfast_backup_last_success_timestamp_seconds', labels, seconds(lastGood));
    put('holdfast_backup_last_proof_timestamp_seconds', labels, seconds(lastProof));
    put('holdfast_backup_late', labels, isLate ? 1 : 0);
  }
  return readings;
}
