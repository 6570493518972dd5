import { type Finding, failure, warning } from '../../../core/finding.ts';
import { isUnreadable, type Volume } from '../../../core/volume.ts';
import { asVolumeError } from '../../../core/volume-error.ts';
import type { Backend } from '../../backend.ts';
import type { RecordedStorage } from './storage.ts';

export interface LimitsToDiagnose {
  readonly storage: Pick<RecordedStorage, 'admit' | 'act'>;
  /** What limits directories, such as `project quotas`. */
  readonly what: string;
  /** Begins the message, before the names of the volumes. */
  readonly doing: string;
  isLimited(volume: Volume): boolean;
  /** Throws unless limits are enforced. */
  require(doing: string, signal: AbortSignal): Promise<void>;
  /** Whether its size is the limit of its directory; also if that is not in its place. */
  isSet(volume: Volume): Promise<boolean>;
}

/** Whether the volumes that have their size by a limit of their directory are limited. */
export function diagnosingLimits(
  limits: LimitsToDiagnose,
  methods: Pick<Backend, 'diagnose' | 'list'>,
): Backend['diagnose'] {
  const { storage, what, doing, isLimited, require } = limits;
  async function limited(signal: AbortSignal): Promise<readonly Volume[]> {
    const volumes = await methods.list(signal);
    return volumes.flatMap((known) => {
      const volume = isUnreadable(known) ? undefined : storage.admit(known);
      return volume !== undefined && isLimited(volume) ? [volume] : [];
    });
  }

  return async (signal) => {
    const findings = await methods.diagnose(signal);
    // What is wrong with the records is among them.
    const volumes = await limited(signal).catch((): readonly Volume[] => []);
    if (volumes.length === 0) return findings;
    const about = `${doing}: ${volumes.map(({ name }) => name).join(', ')}`;
    try {
      await require(about, signal);
      return [...findings, ...(await findUnset(limits, volumes, signal))];
    } catch (error) {
      return [...findings, failure(what, asVolumeError(error, about).message)];
    }
  };
}

/** Somebody may have removed or changed the limit while the volume is mounted: only its next mount looks at it. */
async function findUnset(
  { storage, what, isSet }: LimitsToDiagnose,
  volumes: readonly Volume[],
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const unset = await storage.act({
    doing: `The ${what} of volumes could not be seen`,
    signal,
    kind: 'look',
    async work() {
      const found: Volume[] = [];
      for (const volume of volumes) if (!(await isSet(volume))) found.push(volume);
      return found;
    },
  });
  const [first] = unset;
  if (first === undefined) return [];
  const names = unset.map(({ name }) => name).join(', ');
  return [
    warning(
      what,
      `Their size is not the limit that is set now: ${names}. The next mount sets it again.`,
      `For one that is in use, enlarge it to the size that it has, as ${first.name} to ${first.options.size}: that sets it at once.`,
    ),
  ];
}
