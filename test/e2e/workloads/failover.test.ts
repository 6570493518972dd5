import { test } from '@jest/globals';
import { postgresqlFolder } from '../../lab/databases/postgresql.ts';
import { isWhole } from '../../lab/jest/whole.ts';
import { describeWith } from '../../lab/requirements.ts';
import { realEbsHosts, useEbsHosts } from '../ebs/use-hosts.ts';
import { realGlusterHosts, useGlusterHosts } from '../glusterfs/use-hosts.ts';
import { realEngine, useMachine } from '../use-machine.ts';
import { expectToSurvive, workloadPrograms, workloads } from './failover.ts';

function needs<N extends { readonly programs: readonly string[]; readonly paths?: readonly string[] }>(
  hosts: N,
) {
  const paths = [...(hosts.paths ?? []), `${postgresqlFolder}/pg_amcheck`];
  return { ...hosts, programs: [...hosts.programs, ...workloadPrograms], paths };
}

const all = Object.values(workloads);
/** `e2e/protect/databases.test.ts` has the databases on local volumes. */
const few = all.filter(({ name }) => ['redis', 'nginx-cache'].includes(name));

describeWith(needs(realEngine), 'on local volumes after a reboot', () => {
  const machine = useMachine();
  test.each(isWhole ? all : few)('$name has all that it acknowledged', (workload) =>
    expectToSurvive(workload, {
      driver: 'holdfast',
      options: ['size=1GiB'],
      on: machine,
      powerOff: () => machine().reboot(),
      after: machine,
    }),
  );
});

/** What Gluster's group `db-workload` turns off. */
const withoutCaches = Object.fromEntries(
  ['write-behind', 'stat-prefetch', 'quick-read', 'read-ahead', 'io-cache', 'readdir-ahead'].map((cache) => [
    `performance.${cache}`,
    'off',
  ]),
);

if (isWhole) {
  describeWith(needs(realGlusterHosts), 'on hosts of one GlusterFS cluster', () => {
    const { host } = useGlusterHosts({ hosts: 2, cluster: { brickSize: '700m', options: withoutCaches } });
    test.each(all)('$name has all that it acknowledged', (workload) =>
      expectToSurvive(workload, {
        driver: 'holdfast',
        on: () => host(0),
        powerOff: () => host(0).crash(),
        after: () => host(1),
      }),
    );
  });

  describeWith(needs(realEbsHosts), 'on EC2', () => {
    const lab = useEbsHosts({
      instances: [{ type: 'm5.large' }, { type: 't2.micro' }],
      daemon: { grace: '10s' },
    });
    test.each(all)('$name has all that it acknowledged', (workload) =>
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
  });
}
