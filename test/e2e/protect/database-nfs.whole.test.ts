import { test } from '@jest/globals';
import { postgresqlFolder } from '../../lab/databases/postgresql.ts';
import { describeWith } from '../../lab/requirements.ts';
import { postgresql } from '../../lab/workloads/databases.ts';
import { nfsDriver, realNfsHosts, useNfsHosts } from '../nfs/use-hosts.ts';
import { startCopied } from './database-copies.ts';

const needs = { ...realNfsHosts, paths: [...realNfsHosts.paths, `${postgresqlFolder}/pg_amcheck`] } as const;

/** Milliseconds. A run without progress ends much earlier. */
const longest = 3_600_000;

describeWith(needs, 'copies of a database on NFS', () => {
  const { host } = useNfsHosts({
    hosts: 1,
    shareSize: '256M',
    memory: '1G',
    drivers: { holdfast: nfsDriver('volumes') },
  });

  test(
    'PostgreSQL has in a clone of a snapshot what it acknowledged before',
    async () => {
      const database = await startCopied(host(), postgresql, [], ['--pause']);
      await database.snapshot();
      await database.end();
    },
    longest,
  );
});
