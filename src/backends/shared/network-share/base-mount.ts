import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../../core/log.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { createMutex } from '../../../core/waits/mutex.ts';
import type { Host, MountEntry, MountIdentity } from '../../../host/host.ts';
import { canonicalOf, mountedAt } from '../file-system/mounted-at.ts';
import { errnoOf } from '../storage-errors.ts';
import { mountShare } from './mounting/mount-share.ts';
import type { Share } from './share.ts';

/** A driver's only mount of a share: its registry is read there, and its volumes are binds of directories in it. */
export interface BaseMount {
  /** Where it is mounted, or will be. */
  readonly path: string;
  /** Undefined while it is not known to be mounted. */
  identity(): MountIdentity | undefined;
  /** Whether the mount with this identity is there. Does not contact the server. */
  isOpen(): Promise<boolean>;
  /** The path without symlinks; available once it is open. */
  canonical(directory: string): string;
  /** Mounts the share if it is not mounted; an existing mount is verified once. */
  open(doing: string, signal: AbortSignal): Promise<void>;
  /**
   * Called after a call that started on this mount has failed. True if the mount was dead and there is a new one now, so that the
   * call can be repeated.
   */
  renew(failed: FailedCall, doing: string, signal: AbortSignal): Promise<boolean>;
  /** Unmounts it, unless a volume is staged from it. Contacts the server. Never rejects. */
  close(): Promise<void>;
}

interface FailedCall {
  readonly error: unknown;
  /** The mount's identity before the call. */
  readonly on: MountIdentity | undefined;
}

export interface BaseMountParts {
  readonly share: Share;
  readonly host: Pick<Host, 'files' | 'mounts' | 'programs'>;
  /** The directory of base mounts; it contains nothing else. */
  readonly directory: string;
  readonly driver: string;
  readonly log: Log;
  /** A look at the mounted share from another process; rejects with the system's error. */
  touch(mountpoint: string): Promise<void>;
}

const mostAttempts = 20;
/** Milliseconds between two of them. */
const pause = 100;

/** Error codes of a dead mount. */
const deadly = ['ENOTCONN', 'ESTALE', 'EIO'];

export function createBaseMount(parts: BaseMountParts): BaseMount {
  const { share, host, directory } = parts;
  const { mounts } = host;
  const wanted = share.mountOf({ directory: '', access: 'read-write', options: [], sharing: 'shared' });
  const path = join(directory, baseName(share.source, wanted.options));
  const inTurn = createMutex();
  let identity: MountIdentity | undefined;
  let canonicalPath = path;

  async function isOpen(): Promise<boolean> {
    if (identity === undefined) return false;
    const now = await mounts.at(path);
    return now.kind === 'mounted' && now.device === identity.device && now.inode === identity.inode;
  }

  async function openNow(doing: string, signal: AbortSignal): Promise<void> {
    if (await isOpen()) return;
    await host.files.makeMountpoint(path);
    canonicalPath = await canonicalOf(host.files, path);
    const found = await mountedAt(host, path);
    // An earlier daemon's mount is as good as our own if it fits the present settings.
    if (found === undefined || share.mismatch(wanted, found) !== undefined) {
      await takeDownIdle(parts, path);
      await mountShare({ ...parts, mount: wanted, target: path, doing, signal });
    }
    identity = await identityAt(parts, path, doing);
  }

  return {
    path,
    identity: () => identity,
    isOpen,
    canonical: (below) => (below === '' ? canonicalPath : join(canonicalPath, below)),
    async open(doing, signal) {
      if (!(await isOpen())) await inTurn(() => openNow(doing, signal));
    },
    renew({ error, on }, doing, signal) {
      const code = errnoOf(error) ?? '';
      if (!deadly.includes(code)) return Promise.resolve(false);
      return inTurn(async () => {
        // Another caller found it dead before us.
        if (identity !== on) return true;
        const rootSays = await failureOf(() => parts.touch(path));
        // Only this file handle is stale, such as that of a file which another host replaced: look it up again.
        if (rootSays === undefined) return code === 'ESTALE';
        if (!(await share.isLost(path, rootSays))) return false;
        parts.log.write('warn', 'share-lost', { driver: parts.driver, share: share.source, code });
        identity = undefined;
        await takeDownIdle(parts, path);
        await mountShare({ ...parts, mount: wanted, target: path, doing, signal });
        identity = await identityAt(parts, path, doing);
        return true;
      });
    },
    close: () =>
      inTurn(async () => {
        try {
          const base = await mountedAt(host, path);
          if (base === undefined || (await isNeeded(parts, base))) return;
          identity = undefined;
          await takeDownIdle(parts, path);
          await host.files.removeDirectory(path);
        } catch (error) {
          parts.log.write('warn', 'share-not-unmounted', {
            driver: parts.driver,
            share: share.source,
            error,
          });
        }
      }),
  };
}

/** Named after source and options, so that changed settings get a new mount while the old one may still be in use. */
function baseName(source: string, options: readonly string[]): string {
  const mark = createHash('sha256')
    .update([source, ...options].join('\n'))
    .digest('hex')
    .slice(0, 8);
  return `${source.replaceAll(/[^A-Za-z0-9.-]+/g, '_').slice(0, 100)}-${mark}`;
}

async function identityAt(
  { host, share }: BaseMountParts,
  path: string,
  doing: string,
): Promise<MountIdentity> {
  const state = await host.mounts.at(path);
  if (state.kind === 'mounted') return { device: state.device, inode: state.inode };
  throw new VolumeError('unavailable', `${doing}: ${share.source} was unmounted in the meantime: retry.`);
}

/** A staged volume keeps its client anyway; unmounting would make the next start need a second client. */
async function isNeeded({ host, directory }: BaseMountParts, base: MountEntry): Promise<boolean> {
  const bases = (await host.files.realPath(directory)) ?? directory;
  const all = await host.mounts.below('/');
  return all.some(({ device, mountpoint }) => device === base.device && !mountpoint.startsWith(`${bases}/`));
}

/** The code with which a call fails; undefined if it succeeds. */
export async function failureOf(call: () => Promise<void>): Promise<string | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return errnoOf(error) ?? 'EIO';
  }
}

/** A call that was given up may keep files open for a moment. */
async function takeDownIdle(parts: BaseMountParts, path: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await takeDownAll(parts, path);
    } catch (error) {
      if (errnoOf(error) !== 'EBUSY' || attempt === mostAttempts) throw error;
      await sleep(pause);
    }
  }
}

async function takeDownAll({ host }: BaseMountParts, path: string): Promise<void> {
  while ((await host.mounts.at(path)).kind === 'mounted') await host.mounts.unmount(path);
}
