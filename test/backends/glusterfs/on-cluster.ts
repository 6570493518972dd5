import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Backend } from '../../../src/backends/backend.ts';
import { glusterfsBackend } from '../../../src/backends/glusterfs/definition.ts';
import type { BackendUnderTest } from '../../contract/backend/contract.ts';
import { spoilFile } from '../../contract/backend/unreadable.ts';
import { linuxHostUnderTest } from '../../host/linux-host-under-test.ts';
import type { Cluster } from '../../lab/gluster/cluster.ts';
import { output } from '../../lab/run.ts';
import { onRealShare } from '../shared/network-share/on-real-share.ts';

/** The backend on a real cluster, whose volume gv0 is empty. */
export async function onCluster(cluster: () => Cluster): Promise<BackendUnderTest> {
  const { host, folder, link, putOdd, cleanUp } = await linuxHostUnderTest('auto');
  const settings = { servers: cluster().addresses, volume: 'gv0', logDir: join(folder, 'log') };
  const { root, made, ...backends } = onRealShare(glusterfsBackend, host, folder, settings);
  return {
    host,
    folder,
    storage: { root, link, putOdd },
    ...backends,
    healed: () => cluster().healed(),
    spoilRecord: async (name) => spoilFile(host.files, join(await root(), '.holdfast/registry'))(name),
    cleanUp: async () => {
      await Promise.all(made.map(endWatching));
      await emptyVolume(cluster().addresses, folder);
      await cleanUp();
    },
  };
}

/** All tests share one cluster. This empties the volume for the next one. */
async function emptyVolume(addresses: readonly string[], folder: string): Promise<void> {
  const place = join(folder, 'emptied');
  mkdirSync(place);
  await output('mount', [
    '-t',
    'glusterfs',
    '-o',
    `log-file=${folder}/emptied.log`,
    `${addresses[0]}:/gv0`,
    place,
  ]);
  try {
    await output('find', [place, '-mindepth', '1', '-delete']);
  } finally {
    spawnSync('umount', [place]);
  }
}

/** Stops the backend's checks of its server, every ten seconds. `close` never settles if the daemon died in a test. */
function endWatching(backend: Backend): Promise<void> {
  return Promise.race([backend.close().catch(() => undefined), sleep(300, undefined, { ref: false })]);
}
