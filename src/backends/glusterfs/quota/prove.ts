import { VolumeError } from '../../../core/volume-error.ts';
import type { LimitedDirectory, LimitedShare } from '../../shared/network-share/directory-limits.ts';
import type { ShareLayout } from '../../shared/network-share/layout.ts';
import { errnoOf, refuseAborted } from '../../shared/storage-errors.ts';
import { notEnforced } from './not-enforced.ts';
import { exceed, makeProbe, type Outcome, probeLimit, probes } from './probe.ts';
import type { Limit } from './set-limits.ts';

interface ProofParts extends Pick<LimitedShare, 'files' | 'host'> {
  readonly layout: ShareLayout;
  /** The Gluster volume. */
  readonly volume: string;
  /** As `DirectoryLimits.used`. */
  used(limited: LimitedDirectory): Promise<number | undefined>;
  set(limits: readonly Limit[], doing: string, signal: AbortSignal): Promise<void>;
}

/** Milliseconds for which a busy Gluster volume is asked again. A Mount is answered within 50 s. */
const patience = 20_000;

/** Limits two directories and exceeds them. Throws `unavailable` unless both limits are seen, and enforced at once. */
export async function prove(parts: ProofParts, doing: string, signal: AbortSignal): Promise<void> {
  const until = parts.host.uptime() + patience;
  do {
    refuseAborted(signal, doing);
    const outcomes = await attemptOnce(parts, doing, signal);
    if (outcomes.includes('let-pass')) throw notEnforced(doing, parts.volume, 'late');
    if (!outcomes.includes('too-slow')) return;
  } while (parts.host.uptime() < until);
  throw new VolumeError(
    'unavailable',
    `${doing}: it could not be proven that its size would be enforced, because the Gluster volume ${parts.volume} takes too long to write: retry once it is less busy.`,
  );
}

async function attemptOnce(
  parts: ProofParts,
  doing: string,
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const { files, host, layout, used, set } = parts;
  const place = layout.probe(host.newId());
  const [soft, hard] = [`${place}-soft`, `${place}-hard`];
  try {
    await files.makeDirectory(layout.probes);
    const limits = [await makeProbe(files, soft, probes.soft), await makeProbe(files, hard, probes.hard)];
    await set(limits, doing, signal);
    for (const directory of [soft, hard])
      if ((await used({ directory, bytes: probeLimit })) === undefined)
        throw notEnforced(doing, parts.volume, 'off');
    return [await exceed(parts, soft), await exceed(parts, hard)];
  } catch (error) {
    if (errnoOf(error) !== 'ENOTCONN') throw error;
    // The bricks say the same if they cannot ask quotad (10.3). A lost connection fails here as well.
    await files.list(layout.probes);
    throw notEnforced(doing, parts.volume, 'uncounted', error);
  } finally {
    for (const directory of [soft, hard])
      await files.removeTree(directory, AbortSignal.timeout(10_000)).catch(() => undefined);
  }
}
