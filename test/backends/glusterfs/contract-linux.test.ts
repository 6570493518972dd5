import { setTimeout as sleep } from 'node:timers/promises';
import { describeBackend } from '../../contract/backend/contract.ts';
import { realGluster } from '../../lab/gluster/cluster.ts';
import { useCluster } from '../../lab/gluster/use-cluster.ts';
import { isWhole } from '../../lab/jest/whole.ts';
import { describeWith } from '../../lab/requirements.ts';
import { aloneDirectories, shareDirectories, sizedDirectories } from '../shared/network-share/under-test.ts';
import { describeFullDisk } from '../shared/recorded/full-disk-rules.ts';
import { onCluster } from './on-cluster.ts';

describeWith(realGluster, 'on a real GlusterFS cluster', () => {
  const cluster = useCluster();

  const real = () => onCluster(cluster);

  describeFullDisk('GlusterFS directories', shareDirectories, async () => ({
    ...(await real()),
    fill: () => cluster().fill(),
    drain: async () => {
      await cluster().drain();
      // A brick checks its disk every five seconds.
      await sleep(6_000);
    },
  }));
  // Copies on a real cluster take half a minute of processor time; the fake host has the same tests. Those with a size change flags.
  const share = {
    without: ['snapshots', 'rollback', 'modification', 'a daemon that dies while it copies'],
  } as const;
  describeBackend('GlusterFS directories', shareDirectories, real, isWhole ? 'all' : share);
  describeBackend(
    'GlusterFS directories with a recorded size',
    sizedDirectories,
    real,
    isWhole ? ['growth', 'modification'] : ['growth'],
  );
  describeBackend(
    'GlusterFS directories with clients of their own',
    aloneDirectories,
    real,
    isWhole ? 'all' : ['staging'],
  );
});
