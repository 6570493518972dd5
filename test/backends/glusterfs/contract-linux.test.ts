import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Backend } from '../../../src/backends/backend.ts';
import { glusterfsBackend } from '../../../src/backends/glusterfs/definition.ts';
import { type BackendUnderTest, describeBackend } from '../../contract/backend-contract.ts';
import { linuxHostUnderTest } from '../../host/linux-host-under-test.ts';
import { realGluster } from '../../lab/gluster/gluster-cluster.ts';
import { useCluster } from '../../lab/gluster/use-cluster.ts';
import { describeWith } from '../../lab/requirements.ts';
import { output } from '../../lab/run.ts';
import { aloneDirectories, shareDirectories } from '../share/share-under-test.ts';

describeWith(realGluster, 'on a real GlusterFS cluster', () => {
  const cluster = useCluster();

  async function real(): Promise<BackendUnderTest> {
    const { host, folder, cleanUp } = await linuxHostUnderTest('auto');
    const settings = { servers: cluster().addresses, volume: 'gv0', logDir: join(folder, 'log') };
    mkdirSync(join(folder, 'mnt'));
    const elsewhere = join(folder, 'elsewhere');
    const made: Backend[] = [];
    const kept = (backend: Backend) => {
      made.push(backend);
      return backend;
    };
    const make: BackendUnderTest['makeBackend'] = (inputs) =>
      kept(
        glusterfsBackend.create({
          driver: 'shared',
          workDir: join(folder, 'work'),
          witnesses: new Map(),
          ...inputs,
          settings: { ...settings, ...inputs.settings },
        }),
      );
    return {
      host,
      folder,
      makeBackend: make,
      makeBackendElsewhere: () =>
        kept(
          glusterfsBackend.create({
            driver: 'shared',
            workDir: elsewhere,
            witnesses: new Map(),
            settings,
            defaults: {},
            profiles: {},
            host,
            log: { enabled: () => true, write: () => undefined },
            audit: () => undefined,
          }),
        ),
      cleanUp: async () => {
        await Promise.all(made.map(endWatching));
        await emptyVolume(cluster().addresses, folder);
        await cleanUp();
      },
    };
  }

  describeBackend('GlusterFS directories', shareDirectories, real);
  describeBackend('GlusterFS directories with clients of their own', aloneDirectories, real);
});

/** The cluster is one for all tests: each finds the volume as empty as the first one did. */
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

/** Each looks at its server every ten seconds, for as long as the process lives. One that died in a test never ends closing. */
function endWatching(backend: Backend): Promise<void> {
  return Promise.race([backend.close().catch(() => undefined), sleep(300, undefined, { ref: false })]);
}
