import { VolumeError } from '../../../../core/volume-error.ts';
import type { Host, ProgramResult } from '../../../../host/host.ts';
import { mountedAt } from '../../file-system/mounted-at.ts';
import { withPrefix } from '../../storage-errors.ts';
import type { Share, ShareMount } from '../share.ts';
import { missingPart } from './missing-parts.ts';

export interface MountShareParts {
  readonly host: Pick<Host, 'mounts' | 'programs' | 'files'>;
  readonly share: Share;
  readonly mount: ShareMount;
  /** An existing directory that is not a mountpoint. */
  readonly target: string;
  readonly doing: string;
  readonly signal: AbortSignal;
  /** Called if nothing was mounted: whether to try again. It resolves when the next attempt should start. */
  readonly again?: (signal: AbortSignal) => Promise<boolean>;
}

/** Milliseconds. A GlusterFS client takes 48 s to give up a silent server; a Mount is answered within 110 s. */
const patience = 90_000;

/**
 * Mounts with mount(8), but checks the kernel's table, because the exit code is not reliable: with a missing directory of GlusterFS
 * it is 0 and nothing is mounted, and a second mount of an NFS export silently gets the first one's options.
 */
export async function mountShare(parts: MountShareParts): Promise<void> {
  try {
    await mountVerified(parts);
  } catch (error) {
    // A helper that failed or was killed may have mounted something anyway, and the mount may be dead.
    await parts.host.mounts.unmount(parts.target).catch(() => undefined);
    throw error;
  }
}

async function mountVerified({
  host,
  share,
  target,
  doing,
  signal,
  ...parts
}: MountShareParts): Promise<void> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
  const mount = await share.fitted(parts.mount, deadline);
  const args = ['-t', mount.type, '-o', mount.options.join(','), '--', mount.source, target];
  const mountOnce = async () => {
    const result = await withPrefix(doing, () => host.programs.run('mount', args, deadline, '', 'with-us'));
    share.mounted(target);
    return { result, entry: await mountedAt(host, target) };
  };
  let { result, entry } = await mountOnce();
  while (entry === undefined && (await parts.again?.(deadline))) ({ result, entry } = await mountOnce());
  if (result.exitCode !== 0 || entry === undefined) {
    const why = (await missingPart(host, share.needs, deadline)) ?? share.mountHint(mount);
    throw new VolumeError(
      'unavailable',
      `${doing}: ${mount.source} could not be mounted: ${saidBy(result)}. ${why}`,
    );
  }
  const mismatch = share.mismatch(mount, entry);
  if (mismatch === undefined) return;
  throw new VolumeError('failed', `${doing}: ${mount.source} was not mounted as requested: ${mismatch}.`);
}

function saidBy({ exitCode, stderr, stdout }: ProgramResult): string {
  const words = (stderr.trim() || stdout.trim()).replaceAll(/\s*\n\s*/g, '; ');
  return words === '' ? `mount ended with ${exitCode} and said nothing` : `mount said "${words}"`;
}
