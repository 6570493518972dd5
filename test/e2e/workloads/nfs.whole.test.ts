import { jest, test } from '@jest/globals';
import { postgresqlFolder } from '../../lab/databases/postgresql.ts';
import { describeWith } from '../../lab/requirements.ts';
import { nfsDriver, realNfsHosts, useNfsHosts } from '../nfs/use-hosts.ts';
import { expectToSurvive, workloadPrograms, workloads } from './failover.ts';

// User-mode kernels are slow: a database needs a minute for what takes a second elsewhere.
jest.setTimeout(900_000);

const all = Object.values(workloads);
const needs = {
  ...realNfsHosts,
  programs: [...realNfsHosts.programs, ...workloadPrograms],
  paths: [...realNfsHosts.paths, `${postgresqlFolder}/pg_amcheck`],
} as const;

describeWith(needs, 'on hosts of one NFS server', () => {
  // Each test switches one host off permanently.
  const { host } = useNfsHosts({
    hosts: all.length + 1,
    shareSize: '1G',
    memory: '1G',
    drivers: { holdfast: nfsDriver('volumes') },
  });
  test.each(all.map((workload, place) => ({ ...workload, place })))(
    '$name has all that it acknowledged',
    ({ place, ...workload }) =>
      expectToSurvive(workload, {
        driver: 'holdfast',
        on: () => host(place),
        powerOff: () => host(place).guest.powerOff(),
        after: () => host(place + 1),
      }),
  );
});
