import { basename, dirname, join } from 'node:path';
import { VolumeError } from '../../../core/volume-error.ts';
import type { Files, Host, MountEntry, ProgramResult } from '../../../host/host.ts';
import { helped } from '../storage-errors.ts';
import type { Share, ShareMount } from './share.ts';

export interface MountShareParts {
  readonly host: Pick<Host, 'mounts' | 'programs' | 'files'>;
  readonly share: Share;
  readonly mount: ShareMount;
  /** An existing directory with nothing mounted on it. */
  readonly target: string;
  readonly doing: string;
  readonly signal: AbortSignal;
}

/**
 * Milliseconds. A client of GlusterFS whose first server is silent takes 48 s until it asks the second; a Mount is answered
 * after 110 s.
 */
const patience = 90_000;

/**
 * Mounts by mount(8), whose word alone is worth nothing: it exits with 0 and nothing mounted for a missing directory of
 * GlusterFS, and a second mount of an NFS export quietly gets the first one's options. The kernel's table decides.
 */
export async function mountShare(parts: MountShareParts): Promise<void> {
  try {
    await mountVerified(parts);
  } catch (error) {
    // A helper that failed or was ended may have mounted something all the same, and it may be dead.
    await parts.host.mounts.unmount(parts.target).catch(() => undefined);
    throw error;
  }
}

async function mountVerified({ host, share, mount, target, doing, signal }: MountShareParts): Promise<void> {
  const args = ['-t', mount.type, '-o', mount.options.join(','), '--', mount.source, target];
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
  const result = await helped(doing, () => host.programs.run('mount', args, deadline));
  share.mounted(target);
  const entry = await mountedAt(host, target);
  if (result.exitCode !== 0 || entry === undefined) {
    throw new VolumeError(
      'unavailable',
      `${doing}: ${mount.source} could not be mounted: ${saidBy(result)}. ${share.mountHint(mount)}`,
    );
  }
  const mismatch = share.mismatch(mount, entry);
  if (mismatch === undefined) return;
  throw new VolumeError(
    'failed',
    `${doing}: ${mount.source} was mounted in another way than asked for: ${mismatch}.`,
  );
}

/** The topmost mount at a path, by the kernel's table: nothing that could wait for a server is looked at. */
export async function mountedAt(
  { files, mounts }: Pick<Host, 'files' | 'mounts'>,
  path: string,
): Promise<MountEntry | undefined> {
  const canonical = await canonicalOf(files, path);
  return (await mounts.below(dirname(canonical))).findLast(({ mountpoint }) => mountpoint === canonical);
}

/** The path without symlinks; its last part is taken as it is: a server that does not answer could be asked for it. */
export async function canonicalOf(files: Pick<Files, 'realPath'>, path: string): Promise<string> {
  const parent = dirname(path);
  return join((await files.realPath(parent)) ?? parent, basename(path));
}

function saidBy({ exitCode, stderr, stdout }: ProgramResult): string {
  const words = (stderr.trim() || stdout.trim()).replaceAll(/\s*\n\s*/g, '; ');
  return words === '' ? `mount ended with ${exitCode} and said nothing` : `mount said "${words}"`;
}
