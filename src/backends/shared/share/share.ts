import type { MountEntry } from '../../../host/host.ts';
import type { OptionTable } from '../option-table.ts';
import type { OnRemove } from '../removal.ts';

/**
 * An export of an NFS server or a volume of GlusterFS: what tells the two kinds apart. Everything else that their backends
 * do is in this folder, written once.
 */
export interface Share {
  /** As users write it and mountinfo shows it: `nfs.example:/srv/volumes`, `gluster1:/gv0`. */
  readonly source: string;
  /** What answers for it, such as `nfs.example`: shares of one server wait for each other, those of two never do. */
  readonly server: string;
  /** What the person at the server can do when root may not write, or give files away, there: `export it with …`. */
  readonly squashHint: string;
  /** What mount(8) takes for the share, or for one of its directories as a mount of its own. */
  mountOf(wanted: WantedMount): ShareMount;
  /** Is told of every mount that was made of it. */
  mounted(target: string): void;
  /** Where the person on call finds out why such a mount failed, as a sentence. */
  mountHint(mount: ShareMount): string;
  /** Why what the kernel shows is not what was asked for, in words that end with the way out; undefined when it is. */
  mismatch(mount: ShareMount, entry: MountEntry): string | undefined;
  /**
   * A word with the server that touches no file system of its. Never rejects; the signal ends it with `no-reply`.
   * `mountpoint` is where the share itself is mounted, undefined when it is not: a share with a client process of its own
   * looks at that as well.
   */
  probe(mountpoint: string | undefined, signal: AbortSignal): Promise<Answer>;
  /**
   * Whether a mount of this share is beyond recovery and must be made anew, given what a call on it said (ENOTCONN, ESTALE …).
   * `mountpoint` is where the share itself was mounted.
   */
  isLost(mountpoint: string, code: string): Promise<boolean>;
}

export interface WantedMount {
  /** Below the share's root, without a slash at either end; empty for the root. */
  readonly directory: string;
  readonly access: 'read-write' | 'read-only';
  /** Of one volume, beside those of the driver's settings. */
  readonly options: readonly string[];
  /** `alone`: neither superblock nor options are shared with any other mount of the export. */
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
  'no-reply',
  'refused',
  'unreachable',
  'wrong-version',
  'client-dead',
  'bricks-down',
  'stale',
] as const;

/** What a server said when it was asked, or why it said nothing. */
export interface Answer {
  readonly state: (typeof serverStates)[number];
  /** One sentence for the person on call, without the server's name in front: what was seen, and the way out. */
  readonly detail: string;
}

/** What the backend of one kind of share gives to `createShareBackend`. */
export interface ShareKind {
  readonly table: OptionTable;
  /** The share of the driver's settings: it has the registry, and the data of every volume that names no other share. */
  readonly home: Share;
  /**
   * The share and the directory (empty: its root) that a `share` option names. Throws `invalid`, as an option's rule does,
   * for one that the driver's settings do not list.
   */
  locate(text: string): SharePlace;
  readonly onRemove: OnRemove;
  /** Milliseconds. */
  readonly retention: number;
}

export interface SharePlace {
  readonly share: Share;
  readonly directory: string;
}
