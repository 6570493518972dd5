import { test } from '@jest/globals';
import { postgresqlFolder } from '../../lab/databases/postgresql.ts';
import { describeWith } from '../../lab/requirements.ts';
import { mariadb, postgresql } from '../../lab/workloads/databases.ts';
import type { Workload } from '../../lab/workloads/workload.ts';
import { realEbsHosts, useEbsHosts } from '../ebs/use-hosts.ts';
import { realGlusterHosts, useGlusterHosts } from '../glusterfs/use-hosts.ts';
import { startCopied } from './database-copies.ts';

/** `databases.test.ts` has local volumes, `database-nfs.whole.test.ts` NFS. */
const databases = [postgresql, mariadb];
const programs = ['mariadbd', 'mariadb-check', 'restic'];
const paths = [`${postgresqlFolder}/pg_amcheck`];

/** Each host's daemon has this. */
const more = (folder: string) => ({
  repositories: { nas: { url: `${folder}/repository`, passwordFile: `${folder}/password` } },
  backups: { nightly: { repository: 'nas', schedule: '0 3 1 1 *' } },
});

async function expectGoodCopies(
  host: Parameters<typeof startCopied>[0],
  workload: Workload,
  options: readonly string[],
  around: readonly string[],
): Promise<void> {
  const database = await startCopied(host, workload, options, around);
  await database.snapshot();
  await database.backup();
  await database.end();
}

describeWith(
  {
    ...realGlusterHosts,
    programs: [...realGlusterHosts.programs, ...programs],
    paths: [...(realGlusterHosts.paths ?? []), ...paths],
  },
  'copies of databases on GlusterFS',
  () => {
    const { host } = useGlusterHosts({ hosts: 1, cluster: { brickSize: '1500m' }, daemon: { more } });
    test.each(databases)('$name', (workload) => expectGoodCopies(host(0), workload, [], ['--pause']));
  },
);

describeWith(
  {
    ...realEbsHosts,
    programs: [...realEbsHosts.programs, ...programs],
    paths: [...realEbsHosts.paths, ...paths],
  },
  'copies of databases on EBS',
  () => {
    const lab = useEbsHosts({ instances: [{ type: 'm5.large' }], daemon: { more } });
    test.each(databases)('$name', (workload) => expectGoodCopies(lab.host(0), workload, ['size=1'], []));
  },
);
