import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../../core/log.ts';
import { takeTurns } from '../../../core/one-at-a-time.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { Host, MountEntry, MountIdentity } from '../../../host/host.ts';
import { errnoOf } from '../storage-errors.ts';
import { canonicalOf, mountedAt, mountShare } from './mount-share.ts';
import type { Share } from './share.ts';

/** The one mount of a share that a driver has: its registry is read there, and its volumes are binds of directories in it. */
export interface BaseMount {
  /** Where it is mounted, or will be. */
  readonly path: string;
  /** Undefined while it is not known to be mounted. */
  identity(): MountIdentity | undefined;
  /** The path without any symlink; to be asked once it is open. */
  canonical(directory: string): string;
  /** Mounts the share unless it is; what is mounted already is verified once. */
  open(doing: string, signal: AbortSignal): Promise<void>;
  /**
   * After a call there failed that had begun on this mount: true when that was dead and there is a new one by now, so that
   * the call can be repeated.
   */
  renew(failed: FailedCall, doing: string, signal: AbortSignal): Promise<boolean>;
  /** Takes it down, unless a volume is staged from it. Asks the server. Never rejects. */
  close(): Promise<void>;
}

interface FailedCall {
  readonly error: unknown;
  /** Of the mount, before the call. */
  readonly on: MountIdentity | undefined;
}

export interface BaseMountParts {
  readonly share: Share;
  readonly host: Pick<Host, 'files' | 'mounts' | 'programs'>;
  /** Where base mounts are, and nothing else. */
  readonly directory: string;
  readonly driver: string;
  readonly log: Log;
  /** A look at the mounted share from another process; rejects with the system's error. */
  touch(mountpoint: string): Promise<void>;
}

const mostAttempts = 20;
/** Milliseconds between two of them. */
const pause = 100;

/** Codes that a dead mount answers with. */
const deadly = ['ENOTCONN', 'ESTALE', 'EIO'];

export function createBaseMount(parts: BaseMountParts): BaseMount {
  const { share, host, directory } = parts;
  const { mounts } = host;
  const wanted = share.mountOf({ directory: '', access: 'read-write', options: [], sharing: 'shared' });
  const path = join(directory, baseName(share.source, wanted.options));
  const inTurn = takeTurns();
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
    // A mount of an earlier daemon is as good as our own, if it is what the settings ask for now.
    if (found === undefined || share.mismatch(wanted, found) !== undefined) {
      await takeDownAll(parts, path);
      await mountShare({ ...parts, mount: wanted, target: path, doing, signal });
    }
    identity = await identityAt(parts, path, doing);
  }

  return {
    path,
    identity: () => identity,
    canonical: (below) => (below === '' ? canonicalPath : join(canonicalPath, below)),
    async open(doing, signal) {
      if (!(await isOpen())) await inTurn(() => openNow(doing, signal));
    },
    renew({ error, on }, doing, signal) {
      const code = errnoOf(error) ?? '';
      if (!deadly.includes(code)) return Promise.resolve(false);
      return inTurn(async () => {
        // Somebody before us found it dead as well.
        if (identity !== on) return true;
        const rootSays = await codeOf(() => parts.touch(path));
        // The one file was forgotten (ESTALE), such as one that another host replaced: it is looked up again.
        if (rootSays === undefined) return code === 'ESTALE';
        if (!(await share.isLost(path, rootSays))) return false;
        parts.log.write('warn', 'share-lost', { driver: parts.driver, share: share.source, code });
        identity = undefined;
        await takeDownAll(parts, path);
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

/** Told apart by what is mounted and how, so that other settings get another mount while the old one may still be in use. */
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
  throw new VolumeError(
    'unavailable',
    `${doing}: ${share.source} was unmounted at that very moment: repeat.`,
  );
}

/** A staged volume keeps its client anyway, but the next start would need a second one beside it. */
async function isNeeded({ host, directory }: BaseMountParts, base: MountEntry): Promise<boolean> {
  const bases = (await host.files.realPath(directory)) ?? directory;
  const all = await host.mounts.below('/');
  return all.some(({ device, mountpoint }) => device === base.device && !mountpoint.startsWith(`${bases}/`));
}

/** The code that a call fails with; undefined when it does not. */
async function codeOf(call: () => Promise<void>): Promise<string | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return errnoOf(error) ?? 'EIO';
  }
}

/** A call that was given up may have files open for another moment. */
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
