import { test } from '@jest/globals';
import type { Workload } from '../../lab/workloads/workload.ts';
import { useEbsHosts } from '../ebs/use-hosts.ts';
import { useGlusterHosts } from '../glusterfs/use-hosts.ts';
import { useMachine } from '../use-machine.ts';
import { expectToSurvive } from './failover.ts';

const title = '$name has all that it acknowledged';

export function testOnLocalVolumes(workloads: readonly Workload[]): void {
  const machine = useMachine();
  test.each(workloads)(title, (workload) =>
    expectToSurvive(workload, {
      driver: 'holdfast',
      options: ['size=1GiB'],
      on: machine,
      powerOff: () => machine().reboot(),
      after: machine,
    }),
  );
}

/** What Gluster's group `db-workload` turns off. */
const withoutCaches = Object.fromEntries(
  ['write-behind', 'stat-prefetch', 'quick-read', 'read-ahead', 'io-cache', 'readdir-ahead'].map((cache) => [
    `performance.${cache}`,
    'off',
  ]),
);

export function testOnGlusterfs(workloads: readonly Workload[]): void {
  const { host } = useGlusterHosts({ hosts: 2, cluster: { brickSize: '700m', options: withoutCaches } });
  test.each(workloads)(title, (workload) =>
    expectToSurvive(workload, {
      driver: 'holdfast',
      on: () => host(0),
      powerOff: () => host(0).crash(),
      after: () => host(1),
    }),
  );
}

export function testOnEc2(workloads: readonly Workload[]): void {
  const lab = useEbsHosts({
    instances: [{ type: 'm5.large' }, { type: 't2.micro' }],
    daemon: { grace: '10s' },
  });
  test.each(workloads)(title, (workload) =>
    expectToSurvive(workload, {
      driver: 'holdfast',
      options: ['size=1'],
      on: () => lab.host(0),
      powerOff: async () => {
        await lab.host(0).crash();
        await lab.host(0).instance.setState('stopped');
      },
      after: () => lab.host(1),
    }),
  );
}
