import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { readWorkload, startWorkload, type WorkloadHost } from '../../lab/workloads/container.ts';
import { mariadb, postgresql } from '../../lab/workloads/databases.ts';
import { workloadUser } from '../../lab/workloads/first-files.ts';
import { nginxCache } from '../../lab/workloads/nginx-cache.ts';
import { redis } from '../../lab/workloads/redis.ts';
import type { Workload } from '../../lab/workloads/workload.ts';

/** What the tests here need besides hosts. */
export const workloadPrograms = [
  'redis-server',
  'redis-check-aof',
  'nginx',
  'mariadbd',
  'mariadb-check',
] as const;

export const workloads: Readonly<Record<string, Workload>> = {
  postgresql,
  mariadb,
  redis,
  'nginx-cache': nginxCache,
};

export interface Failover {
  readonly driver: string;
  readonly options?: readonly string[];
  readonly on: () => WorkloadHost;
  /** A power failure of the host. Then the volume is used on `after`. */
  readonly powerOff: () => Promise<void>;
  readonly after: () => WorkloadHost;
}

/** Some rows, so that it has more than its first log. */
const enough = 60;

/** The service runs on one host, which loses power; on the other one its own checks find nothing, and every acknowledged row. */
export async function expectToSurvive(workload: Workload, failover: Failover): Promise<void> {
  const { driver, options = [], on, after } = failover;
  const volume = `${workload.name}-${driver}`;
  const owner = [`uid=${workloadUser.uid}`, `gid=${workloadUser.gid}`, 'mode=0700'];
  const flags = [...options, ...owner].flatMap((option) => ['-o', option]);
  await on().docker('volume', 'create', `--driver=${driver}`, ...flags, volume);
  const running = await startWorkload(on(), workload, volume);
  while ((await running.acknowledged()).length < enough) {
    await running.stillRuns();
    await sleep(500);
  }
  await failover.powerOff();
  const acknowledged = await running.acknowledged();
  const found = await readWorkload(after(), workload, volume, acknowledged);
  expect(found.slice(0, acknowledged.length)).toEqual(acknowledged);
}
