import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { postgresqlFolder } from '../../lab/databases/postgresql.ts';
import type { Machine } from '../../lab/machine.ts';
import { describeWith } from '../../lab/requirements.ts';
import { type RunningWorkload, readWorkload, startWorkload } from '../../lab/workloads/container.ts';
import { mariadb, postgresql } from '../../lab/workloads/databases.ts';
import { workloadUser } from '../../lab/workloads/first-files.ts';
import type { Workload } from '../../lab/workloads/workload.ts';
import { realEbsHosts, useEbsHosts } from '../ebs/use-hosts.ts';
import { realGlusterHosts, useGlusterHosts } from '../glusterfs/use-hosts.ts';

type Host = Pick<Machine, 'folder' | 'docker' | 'engine' | 'eventually' | 'holdfast'>;

/** `databases.test.ts` has local volumes. */
const databases = [postgresql, mariadb];
const programs = ['mariadbd', 'mariadb-check', 'restic'];
const paths = [`${postgresqlFolder}/pg_amcheck`];
/** Rows between two acts. */
const some = 60;

/** Each host's daemon has this. */
const more = (folder: string) => ({
  repositories: { nas: { url: `${folder}/repository`, passwordFile: `${folder}/password` } },
  backups: { nightly: { repository: 'nas', schedule: '0 3 1 1 *' } },
});

interface Window {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** Each copy starts, recovers, passes the checks of its database, and has every row acknowledged before, and none of later. */
async function expectRows(host: Host, workload: Workload, volume: string, window: Window): Promise<void> {
  const { before, after } = window;
  const found = await readWorkload(host, workload, volume, before);
  expect(found.slice(0, before.length)).toEqual(before);
  // The last one may have been written and not acknowledged yet.
  expect(found.length).toBeLessThanOrEqual(after.length + 1);
}

async function grown(running: RunningWorkload): Promise<readonly number[]> {
  const { length } = await running.acknowledged();
  for (;;) {
    const rows = await running.acknowledged();
    if (rows.length >= length + some) return rows;
    await running.stillRuns();
    await sleep(500);
  }
}

/** While the database is written to, it is copied in every way, and the copies are read on the same host. */
async function expectGoodCopies(
  host: Host,
  workload: Workload,
  options: readonly string[],
  around: readonly string[],
) {
  const { name } = workload;
  const owner = [`uid=${workloadUser.uid}`, `gid=${workloadUser.gid}`, 'mode=0700'];
  const flags = [...options, ...owner].flatMap((option) => ['-o', option]);
  await host.docker('volume', 'create', '--driver=holdfast', ...flags, name);
  const running = await startWorkload(host, workload, name);
  const command = (...words: readonly string[]) => host.holdfast.command(...words);
  const during = async (...words: readonly string[]): Promise<Window> => {
    const before = await grown(running);
    await command(...words);
    return { before, after: await running.acknowledged() };
  };
  const kept = await during('snapshot', 'create', `${name}@s`, ...around);
  await grown(running);
  await command('volume', 'clone', `${name}@s`, `${name}-clone`);
  await expectRows(host, workload, `${name}-clone`, kept);
  await writeFile(`${host.folder}/password`, 'a password', { mode: 0o600 });
  await host.holdfast.tryCommand('backup', 'init', 'nas');
  const backedUp = await during('backup', 'run', 'nightly', name, ...around);
  await command('backup', 'prove', 'nightly', name);
  await command('backup', 'restore', `nas:${name}`, `${name}-again`);
  await expectRows(host, workload, `${name}-again`, backedUp);
  await running.stillRuns();
  await command('snapshot', 'rm', `${name}@s`);
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
