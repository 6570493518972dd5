import { withPatience } from '../../core/waits/patience.ts';
import type { Host } from '../../host/host.ts';
import type { Share, ShareWords } from '../shared/network-share/share.ts';
import { createClientProcesses } from './client-process.ts';
import { clusterAnswer } from './cluster-answer.ts';
import { askServers, createClusterLook, serversToMountFrom } from './cluster-look.ts';
import { examineGlusterfs } from './examine.ts';
import {
  type GlusterfsMountParts,
  glusterfsMismatch,
  glusterfsMount,
  mountedFrom,
  sourceOf,
} from './mount.ts';

export interface GlusterfsShareParts extends GlusterfsMountParts {
  readonly host: Pick<Host, 'network' | 'now'> & { readonly files: Pick<Host['files'], 'list' | 'readText'> };
}

/** Milliseconds within which servers must answer before a mount. */
const patience = 5_000;
/** Errors both of a mount whose client died and of one whose client has no brick: the client's process tells which it is. */
const disconnected = ['ENOTCONN', 'ECONNABORTED'];

/** One Gluster volume. Each has its own FUSE clients, so none waits for another, even on the same servers. */
export function createGlusterfsShare(parts: GlusterfsShareParts): Share {
  const { host, volume } = parts;
  const source = sourceOf(parts);
  const clients = createClientProcesses(host.files);
  const cluster = { ...parts, network: host.network, now: () => host.now() };
  const look = createClusterLook(cluster);

  /** In doubt the client counts as alive: a needless second mount would split the containers of a volume. */
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
    wordsFor: wordsFor(volume),
    heals: true,
    keepsNames: 'for-a-moment',
    needs: { helper: 'mount.glusterfs', fileSystem: 'fuse', device: '/dev/fuse' },
    mountOf: (wanted) => glusterfsMount(parts, wanted),
    async fitted(mount, signal) {
      const { servers } = await withPatience(patience, (over) =>
        askServers(cluster, AbortSignal.any([signal, over])),
      );
      return mountedFrom(serversToMountFrom(servers), mount);
    },
    mounted: (target) => clients.forget(target),
    mountHint: ({ options }) => `Its client says why in ${logOf(options)} of this host.`,
    mismatch: (mount, entry) => glusterfsMismatch(parts.servers, mount, entry),
    async probe(mountpoint, signal) {
      if (mountpoint !== undefined && (await isGone(mountpoint))) {
        return {
          state: 'client-dead',
          detail: `the FUSE client that served ${mountpoint} has ended: the next mount makes a new one, and containers with a volume on the old one must be restarted`,
        };
      }
      return clusterAnswer(await look(signal), volume, mountpoint === undefined ? 'none' : 'mounted');
    },
    examine: (mounted) => examineGlusterfs(volume, mounted),
    async isLost(mountpoint, code) {
      // The directory was deleted, or replaced by a new one; this mount never finds the new one.
      if (code === 'ESTALE') return true;
      return disconnected.includes(code) && isGone(mountpoint);
    },
  };
}

function wordsFor(volume: string): ShareWords {
  return {
    squash: `switch it off with \`gluster volume set ${volume} server.root-squash off\``,
    withdrawn: `see \`gluster volume get ${volume} auth.allow\` on a server, and let this host in`,
    // A client's error for a file whose replicas each have changes that the others lack (afr-common.c).
    inputOutput: {
      state: 'split-brain',
      happened: 'replicas contradict each other (split-brain), or a brick cannot read its disk',
      wayOut: `\`gluster volume heal ${volume} info split-brain\` on a server names the files of the first kind, and \`gluster volume heal ${volume} split-brain …\` chooses one side for each; for the second see \`dmesg\` there`,
    },
  };
}

function logOf(options: readonly string[]): string {
  const prefix = 'log-file=';
  return options.find((option) => option.startsWith(prefix))?.slice(prefix.length) ?? '/var/log/glusterfs';
}
