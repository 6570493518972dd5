import type { Finding } from '../../../core/finding.ts';
import type { MountEntry, RemoteFiles } from '../../../host/host.ts';
import type { ClockReading } from '../clock-finding.ts';
import type { OptionTable } from '../options/table.ts';
import type { OnRemove } from '../removal-decisions.ts';
import type { DirectoryLimits, LimitedShare } from './directory-limits.ts';
import type { MountNeeds } from './mounting/missing-parts.ts';

/**
 * An export of an NFS server or a volume of GlusterFS: the parts in which the two kinds differ. Everything else that their backends
 * do is in this folder.
 */
export interface Share {
  /** As users write it and mountinfo shows it: `nfs.example:/srv/volumes`, `gluster1:/gv0`. */
  readonly source: string;
  /** The server, such as `nfs.example`: shares of one server wait for each other, shares of two servers never do. */
  readonly server: string;
  readonly wordsFor: ShareWords;
  readonly needs: MountNeeds;
  /**
   * How long a client shows names as they were before other hosts changed them. `until-opened`: until it opens their directory,
   * also names that were missing (NFS). `for-a-moment`: found names for `clientMemory`, whatever is opened; missing ones it asks for
   * each time (GlusterFS).
   */
  readonly keepsNames: 'until-opened' | 'for-a-moment';
  /** Whether a directory can be missing on some of its servers until they heal, although a client of all of them sees it. */
  readonly heals: boolean;
  /** The arguments of mount(8) for the share, or for one of its directories as a separate mount. */
  mountOf(wanted: WantedMount): ShareMount;
  /**
   * The same mount without servers that would only make a mount helper wait. Never rejects; takes five seconds at most.
   */
  fitted(mount: ShareMount, signal: AbortSignal): Promise<ShareMount>;
  /** Called for every mount that was made of it. */
  mounted(target: string): void;
  /** A sentence that says where to find out why such a mount failed, on a host that has what it needs. */
  mountHint(mount: ShareMount): string;
  /** How the kernel's entry differs from the wanted mount, in words that end with the way out; undefined if it does not differ. */
  mismatch(mount: ShareMount, entry: MountEntry): string | undefined;
  /**
   * Asks the server for its state without touching its file systems. Never rejects; an aborted signal gives `no-reply`.
   * `mountpoint`: where the share itself is mounted, undefined if it is not. A share with its own client process checks that too.
   */
  probe(mountpoint: string | undefined, signal: AbortSignal): Promise<Answer>;
  /** What a doctor can see of the share in addition to `probe`; undefined: it is not mounted. Never rejects. */
  examine(mounted: MountedShare | undefined, signal: AbortSignal): Promise<readonly Finding[]>;
  /**
   * Whether a mount of this share is permanently dead and must be replaced, given the error of a call on it (ENOTCONN, ESTALE …).
   * `mountpoint`: where the share itself was mounted; `device`: that of the mount, if it is only elsewhere now.
   */
  isLost(mountpoint: string, code: string, device?: string): Promise<boolean>;
}

/** The share where this driver has it mounted. */
export interface MountedShare {
  readonly entry: MountEntry;
  /** Its files, by a process of its own. */
  readonly files: Pick<RemoteFiles, 'realPath' | 'list' | 'readText' | 'attribute'>;
  /** The clock that gives new files their time; absent if no file could be made. */
  readonly clock?: ClockReading;
}

/** Advice for the server's administrator that differs between the kinds of share. */
export interface ShareWords {
  /** If root may not write or change owners there: `export it with …`. */
  readonly squash: string;
  /** If this host may no longer access the share. */
  readonly withdrawn: string;
  /** The meaning of EIO. */
  readonly inputOutput: { readonly state: ServerState; readonly happened: string; readonly wayOut: string };
}

export interface WantedMount {
  /** Below the share's root, without leading or trailing slash; empty for the root. */
  readonly directory: string;
  readonly access: 'read-write' | 'read-only';
  /** Options of one volume, in addition to those of the driver's settings. */
  readonly options: readonly string[];
  /** `alone`: shares neither superblock nor options with another mount of the export. */
  readonly sharing: 'shared' | 'alone';
}

/** Arguments of `mount -t type -o options -- source target`. */
export interface ShareMount {
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

const serverStates = [
  'ok',
  'slow',
  'degraded',
  'no-reply',
  'refused',
  'unreachable',
  'wrong-version',
  'client-dead',
  'bricks-down',
  'stale',
  'split-brain',
] as const;
type ServerState = (typeof serverStates)[number];

/** A server's state, from its answer or the lack of one. */
export interface Answer {
  readonly state: ServerState;
  /** One sentence for the operator, without the server's name at its start: what happened, and the way out. */
  readonly detail: string;
}

/** The parts that the backend of one kind of share gives to `createShareBackend`. */
export interface ShareKind {
  readonly table: OptionTable;
  /** The share of the driver's settings, with the registry and the data of all volumes that do not name another share. */
  readonly home: Share;
  /**
   * The share and the directory (empty: its root) that a `share` option names. Throws `invalid`, like an option's rule, if the
   * driver's settings do not list it.
   */
  locate(text: string): SharePlace;
  /** How directories of the home share are limited; `none`: they cannot be. */
  readonly limits: ((home: LimitedShare) => DirectoryLimits) | 'none';
  readonly onRemove: OnRemove;
  /** Milliseconds. */
  readonly retention: number;
}

export interface SharePlace {
  readonly share: Share;
  readonly directory: string;
}

interface WithShares {
  readonly shares: readonly object[];
}

/** Whether every other share that a volume could name may still be named. */
export function keepsShares(before: WithShares, after: WithShares): boolean {
  const allowed = new Set(after.shares.map((share) => JSON.stringify(share)));
  return before.shares.every((share) => allowed.has(JSON.stringify(share)));
}
