import { basename, dirname, join } from 'node:path';
import { VolumeError } from '../../../core/volume-error.ts';
import type { Files, Host, MountEntry, ProgramResult } from '../../../host/host.ts';
import { helped } from '../storage-errors.ts';
import type { Share, ShareMount } from './share.ts';

export interface MountShareParts {
  readonly host: Pick<Host, 'mounts' | 'programs' | 'files'>;
  readonly share: Share;
  readonly mount: ShareMount;
  /** An existing directory. */
  readonly target: string;
  readonly doing: string;
  readonly signal: AbortSignal;
}

/** Milliseconds: what takes longer waits for a server that does not answer. */
const patience = 45_000;

/**
 * Mounts by mount(8), whose word alone is worth nothing: it exits with 0 and nothing mounted for a missing directory of
 * GlusterFS, and a second mount of an NFS export quietly gets the first one's options. The kernel's table decides.
 */
export async function mountShare(parts: MountShareParts): Promise<void> {
  const { host, mount, target, doing, signal } = parts;
  const args = ['-t', mount.type, '-o', mount.options.join(','), '--', mount.source, target];
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
  const result = await helped(doing, () => host.programs.run('mount', args, deadline));
  const entry = await mountedAt(host, target);
  if (result.exitCode !== 0 || entry === undefined) throw notMounted(parts, result);
  const mismatch = parts.share.mismatch(mount, entry);
  if (mismatch === undefined) return;
  await host.mounts.unmount(target);
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

function notMounted(
  { doing, mount }: MountShareParts,
  { exitCode, stderr, stdout }: ProgramResult,
): VolumeError {
  const words = (stderr.trim() || stdout.trim()).replaceAll(/\s*\n\s*/g, '; ');
  const said = words === '' ? `mount ended with ${exitCode} and said nothing` : `mount said "${words}"`;
  return new VolumeError(
    'unavailable',
    `${doing}: ${mount.source} could not be mounted: ${said}. Check the server's log, and that this directory is exported to this host.`,
  );
}
