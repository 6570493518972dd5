import type { Host } from '../../host/host.ts';
import type { Share } from '../shared/share/share.ts';
import { createClientProcesses } from './client-process.ts';
import { clusterAnswer } from './cluster-answer.ts';
import { createClusterLook } from './cluster-look.ts';
import { type GlusterfsMountParts, glusterfsMismatch, glusterfsMount, sourceOf } from './glusterfs-mount.ts';

export interface GlusterfsShareParts extends GlusterfsMountParts {
  readonly host: Pick<Host, 'network' | 'now'> & { readonly files: Pick<Host['files'], 'list' | 'readText'> };
}

/** What a mount answers whose client died, and one whose client has no brick: the client's process tells which. */
const disconnected = ['ENOTCONN', 'ECONNABORTED'];

/** One Gluster volume. Each has FUSE clients of its own, so none waits for another, even of the same servers. */
export function createGlusterfsShare(parts: GlusterfsShareParts): Share {
  const { host, volume } = parts;
  const source = sourceOf(parts);
  const clients = createClientProcesses(host.files);
  const look = createClusterLook({ ...parts, network: host.network, now: () => host.now() });

  /** When in doubt it lives: what is mounted anew without need splits the containers of a volume. */
  async function isGone(mountpoint: string): Promise<boolean> {
    try {
      return !(await clients.isAlive(mountpoint));
    } catch {
      return false;
    }
  }

  return {
    source,
    server: source,
    squashHint: `switch it off with \`gluster volume set ${volume} server.root-squash off\``,
    mountOf: (wanted) => glusterfsMount(parts, wanted),
    mounted: (target) => clients.forget(target),
    mountHint: ({ options }) => `Its client says why in ${logOf(options)} of this host.`,
    mismatch: glusterfsMismatch,
    async probe(mountpoint, signal) {
      if (mountpoint !== undefined && (await isGone(mountpoint))) {
        return {
          state: 'client-dead',
          detail: `the FUSE client that served ${mountpoint} has ended: the next mount makes a new one, and containers that have a volume of the old one must be restarted`,
        };
      }
      return clusterAnswer(await look(signal), volume, mountpoint === undefined ? 'none' : 'mounted');
    },
    async isLost(mountpoint, code) {
      // The directory was deleted, or deleted and made again; another look finds the new one, this mount never does.
      if (code === 'ESTALE') return true;
      return disconnected.includes(code) && isGone(mountpoint);
    },
  };
}

function logOf(options: readonly string[]): string {
  const prefix = 'log-file=';
  return options.find((option) => option.startsWith(prefix))?.slice(prefix.length) ?? '/var/log/glusterfs';
}
