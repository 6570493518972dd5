import { withPatience } from '../../core/waits/patience.ts';
import type { Host } from '../../host/host.ts';
import type { Share, ShareWords } from '../shared/network-share/share.ts';
import { createClientProcesses } from './client-process.ts';
import { clusterAnswer } from './cluster-answer.ts';
import { askServers, type ClusterParts, createClusterLook, serversToMountFrom } from './cluster-look.ts';
import { examineGlusterfs } from './examine.ts';
import {
  type GlusterfsMountParts,
  glusterfsMismatch,
  glusterfsMount,
  logName,
  mountedFrom,
  sourceOf,
} from './mount.ts';
import type { QuotaParts } from './quota/limits.ts';

export interface GlusterfsShareParts extends GlusterfsMountParts {
  readonly host: Pick<Host, 'network' | 'now'> & {
    readonly files: Pick<Host['files'], 'list' | 'readText'>;
    readonly mounts: Pick<Host['mounts'], 'at'>;
  };
}

/** Milliseconds within which servers must answer before a mount. */
const patience = 5_000;
/** Errors both of a mount whose client died and of one whose client has no brick: the client's process tells which it is. */
const disconnected = ['ENOTCONN', 'ECONNABORTED'];

/** One Gluster volume. Each has its own FUSE clients, so none waits for another, even on the same servers. */
export function createGlusterfsShare(parts: GlusterfsShareParts): Share {
  const { host, volume } = parts;
  const source = sourceOf(parts);
  const clients = createClientProcesses(host.files, host.mounts);
  const cluster = { ...parts, network: host.network, now: () => host.now() };
  const look = createClusterLook(cluster);

  /** In doubt the client counts as alive: a needless second mount would split the containers of a volume. */
  async function isGone(mountpoint: string, device?: string): Promise<boolean> {
    try {
      return !(await clients.isAlive(mountpoint, device));
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
    fitted: async (mount, signal) => mountedFrom(await answering(cluster, signal), mount),
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
    async isLost(mountpoint, code, device) {
      // The directory was deleted, or replaced by a new one; this mount never finds the new one.
      if (code === 'ESTALE') return true;
      return disconnected.includes(code) && isGone(mountpoint, device);
    },
  };
}

/** What sets quotas on the Gluster volume: a client of its own. */
export function quotaParts(parts: GlusterfsShareParts): QuotaParts {
  const { host, volume, logLevel, logDir } = parts;
  const cluster = { ...parts, network: host.network, now: () => host.now() };
  const logFile = `${logDir}/${logName(parts, 'quota')}`;
  return { volume, logLevel, logFile, servers: (signal) => answering(cluster, signal) };
}

/** The servers that a new client should ask, in order. Never rejects; takes `patience` at most. */
async function answering(cluster: ClusterParts, signal: AbortSignal): Promise<readonly string[]> {
  const { servers } = await withPatience(patience, (over) =>
    askServers(cluster, AbortSignal.any([signal, over])),
  );
  return serversToMountFrom(servers);
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
