import { setTimeout as sleep } from 'node:timers/promises';
import type { Host, RemoteFiles } from '../../../host/host.ts';
import type { Health } from '../../backend.ts';
import type { BindParts } from '../binding.ts';
import { refuseAborted } from '../storage-errors.ts';
import { type BaseMount, type BaseMountParts, createBaseMount } from './base-mount.ts';
import { freshFiles } from './fresh-files.ts';
import { clientMemory } from './latest-registry.ts';
import { lookAfresh } from './look-afresh.ts';
import { createServerWatch } from './server-watch.ts';
import type { Share } from './share.ts';

/** A share as a driver uses it: its base mount, its files through a process of their own, and what is known of its server. */
export interface OpenShare {
  readonly share: Share;
  readonly host: Host;
  readonly base: BaseMount;
  readonly files: RemoteFiles;
  /** Files and binds on the share; looks at mountpoints and unmounting ask no server. */
  readonly binding: BindParts;
  /**
   * Does work on the mounted share: refused while its server is in trouble, and repeated once on a new mount when the mount
   * turns out to be dead.
   */
  use<T>(doing: string, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
  health(): Health | undefined;
  close(): Promise<void>;
}

export type OpenShareParts = Omit<BaseMountParts, 'host' | 'touch'> & { readonly host: Host };

export function openShare(parts: OpenShareParts): OpenShare {
  const { share, host } = parts;
  const remote = host.remote(share.server);
  const touch = (mountpoint: string) => lookAfresh(remote.files, mountpoint);
  const base = createBaseMount({ ...parts, touch });
  const files = freshFiles(remote.files);
  const watch = createServerWatch({
    ...parts,
    now: () => host.now(),
    mountpoint: () => (base.identity() ? base.path : undefined),
    touch,
  });

  /**
   * Before any directory of the share is looked up: the kernel forgets one that it finds to belong to a dead client, and
   * then nothing can cover its binds any more (mount(2) says ENOENT). Asks no server.
   */
  async function refuseLost(): Promise<void> {
    const code = 'ENOTCONN';
    if (!(await share.isLost(base.path, code))) return;
    throw Object.assign(new Error(`${code}: the client of ${share.source} has ended`), { code });
  }

  async function attempt<T>(doing: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await base.open(doing, signal);
    const on = base.identity();
    try {
      await refuseLost();
      return await work();
    } catch (error) {
      watch.report(error);
      if (!(await base.renew({ error, on }, doing, signal))) throw error;
      if (base.identity() !== on) watch.reportLoss();
      else await sleep(clientMemory);
    }
    return work();
  }

  return {
    share,
    host,
    base,
    files,
    binding: {
      files,
      mounts: {
        at: (path) => host.mounts.at(path),
        unmount: (path) => host.mounts.unmount(path),
        bind: (source, target, access) => remote.bind(source, target, access),
      },
    },
    async use(doing, signal, work) {
      await watch.require(doing);
      refuseAborted(signal, doing);
      return attempt(doing, signal, work);
    },
    health: () => watch.health(),
    async close() {
      watch.close();
      // To unmount the last mount of a share asks its server. What stays is what the next start uses.
      if (!watch.isInTrouble()) await base.close();
    },
  };
}
