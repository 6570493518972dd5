import { existsSync } from 'node:fs';
import type { Engine } from '../engine.ts';
import { eventually } from '../eventually.ts';
import { importImages, makeImages } from '../images.ts';
import { type Finished, succeeded } from '../run.ts';
import { type Service, tail } from '../service.ts';
import type { Guest } from './guest.ts';

/** What a test with Docker needs in addition to `realGuest`. */
export const dockerPrograms = ['dockerd', 'docker'] as const;

const socket = 'unix:///run/docker.sock';

/**
 * Starts a dockerd in the guest, with the images of images.ts. Its plugins are looked up in the guest's /run/docker/plugins.
 * All its data is in memory: after a power failure call this again.
 */
export async function startDocker(guest: Guest): Promise<Engine> {
  const engine = createGuestEngine(guest);
  const made = existsSync(`${guest.folder}/image`) ? undefined : makeImages(guest.folder);
  await Promise.all([engine.start(), made]);
  await importImages(guest.folder, engine);
  return engine;
}

function createGuestEngine(guest: Guest): Engine {
  const service = guest.service('dockerd', { env: { DOCKER_RAMDISK: 'true' } });
  const env = { DOCKER_HOST: socket, DOCKER_CONFIG: '/run/docker-client' };
  const tryDocker = (...args: readonly string[]): Promise<Finished> => guest.run('docker', args, { env });
  return {
    service,
    start: async (settings = {}) => {
      await guest.write('/run/docker.json', JSON.stringify(settings));
      await service.start('dockerd', flags);
      const evidence = () => tail('dockerd', service, 40);
      await eventually('dockerd answers', () => answers(service, tryDocker), { evidence });
    },
    stop: async () => void (await service.stop()),
    kill: () => killWithContainerd(guest, service),
    docker: async (...args) => succeeded(`docker ${args.join(' ')}`, await tryDocker(...args)),
    tryDocker,
  };
}

/** Waits for containerd's end: a new dockerd would take an ending one for a running one. */
async function killWithContainerd(guest: Guest, service: Service): Promise<void> {
  const containerd = (await guest.read('/run/docker/containerd/containerd.pid')).trim();
  await service.kill();
  const gone = async () => (await guest.run('test', ['-e', `/proc/${containerd}`])).exitCode !== 0;
  await eventually('containerd is gone', gone);
}

async function answers(service: Service, tryDocker: Engine['tryDocker']): Promise<boolean> {
  if (!service.running()) throw new Error('It ended.');
  return (await tryDocker('version', '--format', '{{.Server.Version}}')).exitCode === 0;
}

// A guest's root is a tmpfs, from which a container cannot pivot its root. DOCKER_RAMDISK avoids the pivot.
const flags = [
  ...['--config-file', '/run/docker.json', '--data-root', '/var/lib/docker', '--exec-root', '/run/docker'],
  ...['--pidfile', '/run/docker.pid', '--host', socket, '--storage-driver=overlay2'],
  ...['--iptables=false', '--ip6tables=false', '--bridge=none'],
];
