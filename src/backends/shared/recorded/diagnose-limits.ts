import { failure } from '../../../core/finding.ts';
import { isUnreadable, type Volume } from '../../../core/volume.ts';
import { asVolumeError } from '../../../core/volume-error.ts';
import type { Backend } from '../../backend.ts';
import type { RecordedStorage } from './storage.ts';

export interface LimitsToDiagnose {
  readonly storage: Pick<RecordedStorage, 'admit'>;
  /** What limits directories, such as `project quotas`. */
  readonly what: string;
  /** Begins the message, before the names of the volumes. */
  readonly doing: string;
  isLimited(volume: Volume): boolean;
  /** Throws unless limits are enforced. */
  require(doing: string, signal: AbortSignal): Promise<void>;
}

/** Whether the volumes that have their size by a limit of their directory are limited. */
export function diagnosingLimits(
  { storage, what, doing, isLimited, require }: LimitsToDiagnose,
  methods: Pick<Backend, 'diagnose' | 'list'>,
): Backend['diagnose'] {
  async function limited(signal: AbortSignal): Promise<readonly string[]> {
    const volumes = await methods.list(signal);
    return volumes.flatMap((volume) =>
      !isUnreadable(volume) && isLimited(storage.admit(volume)) ? [volume.name] : [],
    );
  }

  return async (signal) => {
    const findings = await methods.diagnose(signal);
    // What is wrong with the records is among them.
    const names = await limited(signal).catch((): readonly string[] => []);
    if (names.length === 0) return findings;
    const about = `${doing}: ${names.join(', ')}`;
    try {
      await require(about, signal);
      return findings;
    } catch (error) {
      return [...findings, failure(what, asVolumeError(error, about).message)];
    }
  };
}
