import { setTimeout as sleep } from 'node:timers/promises';
import type { FilesBelow, Host } from '../../../host/host.ts';
import type { Health } from '../../backend.ts';
import type { BindParts } from '../file-system/binding.ts';
import { refuseAborted } from '../storage-errors.ts';
import { type BaseMount, type BaseMountParts, createBaseMount, failureOf } from './base-mount.ts';
import { readsExplained } from './errors.ts';
import { freshFiles } from './fresh-files.ts';
import { clientMemory } from './latest-registry.ts';
import { lookAfresh } from './look-afresh.ts';
import { createServerWatch } from './server/watch.ts';
import type { Answer, Share } from './share.ts';

/** A share as a driver uses it: its base mount, its files through a separate process, and the state of its server. */
export interface OpenShare {
  readonly share: Share;
  readonly host: Host;
  readonly base: BaseMount;
  /** Files below the base mount, where other hosts and containers can write. */
  readonly files: FilesBelow;
  /**
   * Binds the share's directories; paths with symlinks are refused. Looks at mountpoints and unmounting do not contact the server.
   */
  readonly binding: BindParts;
  /** See `lookAfresh`: rejects with the system's error for a dead mount of the share. */
  touch(mountpoint: string): Promise<void>;
  /**
   * Does work on the mounted share. Refused while its server is in trouble; repeated once on a new mount if the mount turns out to
   * be dead.
   */
  use<T>(doing: string, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
  /**
   * Does work in the background, without mounting the share, repeating the work or reporting on the server. Undefined unless the share
   * is mounted and its server is well.
   */
  useIfWell<T>(work: () => Promise<T>): Promise<T | undefined>;
  /** The code with which a look at the whole share fails now; undefined if it succeeds, or if nothing is mounted. */
  look(): Promise<string | undefined>;
  health(): Health | undefined;
  /** What the server says now. Never rejects. */
  ask(): Promise<Answer>;
  close(): Promise<void>;
}

export type OpenShareParts = Omit<BaseMountParts, 'host' | 'touch'> & { readonly host: Host };

/** The error code of work whose files are no longer those of the mount that it began on. */
const moved = 'ESTALE';

export function openShare(parts: OpenShareParts): OpenShare {
  const { share, host } = parts;
  const remote = host.remote(share.server);
  const touch = (mountpoint: string) => lookAfresh(remote.files, mountpoint);
  const base = createBaseMount({ ...parts, touch });
  const latest = freshFiles(remote.files.below(base.path), base.path, share);
  const files = readsExplained(latest, share);
  const watch = createServerWatch({
    ...parts,
    now: () => host.now(),
    mountpoint: () => (base.identity() ? base.path : undefined),
    ready: () => remote.ready(),
    touch: (mountpoint) => lookAfresh(remote.looks, mountpoint),
  });

  /**
   * Called before any directory of the share is looked up: if the kernel finds that a directory belongs to a dead client, it drops it,
   * and its binds can never be covered again (mount(2) fails with ENOENT). Does not contact the server.
   */
  async function refuseLost(): Promise<void> {
    const code = 'ENOTCONN';
    if (!(await share.isLost(base.path, code))) return;
    throw Object.assign(new Error(`${code}: the client of ${share.source} has ended`), { code });
  }

  /** Counts only on the mount that it began on: another one in its place, or the bare directory, has other files. */
  async function onOneMount<T>(work: () => Promise<T>): Promise<T> {
    await refuseLost();
    const on = base.identity();
    const [done] = await Promise.allSettled([work()]);
    if (base.identity() !== on || !(await base.isOpen())) {
      const cause = done.status === 'rejected' ? done.reason : undefined;
      throw Object.assign(new Error(`${moved}: ${share.source} was mounted again`, { cause }), {
        code: moved,
      });
    }
    if (done.status === 'rejected') throw done.reason;
    return done.value;
  }

  async function attempt<T>(doing: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await base.open(doing, signal);
    const on = base.identity();
    try {
      return await onOneMount(work);
    } catch (error) {
      watch.report(error);
      if (!(await base.renew({ error, on }, doing, signal))) throw error;
      if (base.identity() !== on) watch.reportLoss();
      else await sleep(clientMemory);
    }
    await base.open(doing, signal);
    return onOneMount(work);
  }

  return {
    share,
    host,
    base,
    files,
    touch,
    binding: {
      files: {
        // A separate mount is beside the base mount.
        facts: (path) => (isBelow(base.path, path) ? latest : remote.files).facts(path),
        realPath: (path) => host.files.realPath(path),
      },
      mounts: {
        at: (path) => host.mounts.at(path),
        unmount: (path) => host.mounts.unmount(path),
        below: (directory) => host.mounts.below(directory),
        bind: (source, target, flags) => remote.bind(source, target, flags),
      },
    },
    async use(doing, signal, work) {
      await watch.require(doing);
      refuseAborted(signal, doing);
      return attempt(doing, signal, work);
    },
    async useIfWell(work) {
      if (base.identity() === undefined || watch.isInTrouble()) return undefined;
      return onOneMount(work);
    },
    look: async () => (base.identity() ? failureOf(() => touch(base.path)) : undefined),
    health: () => watch.health(),
    ask: () => watch.ask(),
    async close() {
      watch.close();
      // Unmounting the last mount of a share contacts its server. A mount that stays is used by the next start.
      if (!watch.isInTrouble()) await base.close();
    },
  };
}

function isBelow(root: string, path: string): boolean {
  return path === root || path.startsWith(`${root}/`);
}
