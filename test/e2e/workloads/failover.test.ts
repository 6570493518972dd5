import { postgresqlFolder } from '../../lab/databases/postgresql.ts';
import { isWhole } from '../../lab/jest/whole.ts';
import { describeWith } from '../../lab/requirements.ts';
import { realEbsHosts } from '../ebs/use-hosts.ts';
import { realGlusterHosts } from '../glusterfs/use-hosts.ts';
import { realEngine } from '../use-machine.ts';
import { workloadPrograms, workloads } from './failover.ts';
import { testOnEc2, testOnGlusterfs, testOnLocalVolumes } from './on-hosts.ts';

function needs<N extends { readonly programs: readonly string[]; readonly paths?: readonly string[] }>(
  hosts: N,
) {
  const paths = [...(hosts.paths ?? []), `${postgresqlFolder}/pg_amcheck`];
  return { ...hosts, programs: [...hosts.programs, ...workloadPrograms], paths };
}

const all = Object.values(workloads);
/** `e2e/protect/databases.test.ts` has the databases on local volumes. */
const few = all.filter(({ name }) => ['redis', 'nginx-cache'].includes(name));

describeWith(needs(realEngine), 'on local volumes after a reboot', () =>
  testOnLocalVolumes(isWhole ? all : few),
);

if (isWhole) {
  describeWith(needs(realGlusterHosts), 'on hosts of one GlusterFS cluster', () => testOnGlusterfs(all));
  describeWith(needs(realEbsHosts), 'on EC2', () => testOnEc2(all));
}
