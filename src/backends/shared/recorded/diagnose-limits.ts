import { type Finding, failure } from '../../../core/finding.ts';
import { isUnreadable } from '../../../core/volume.ts';
import { asVolumeError } from '../../../core/volume-error.ts';
import type { Backend } from '../../backend.ts';
import type { RecordedStorage } from '../../shared/recorded/storage.ts';
import { kindOf } from '../options.ts';
import type { Limits } from './limits.ts';

/** Whether the volumes that have their size by a project quota can be mounted. */
export function diagnosing(
  { storage, limits }: { readonly storage: RecordedStorage; readonly limits: Limits },
  methods: Pick<Backend, 'diagnose' | 'list'>,
): Backend['diagnose'] {
  async function limited(signal: AbortSignal): Promise<readonly string[]> {
    const volumes = await methods.list(signal);
    return volumes.flatMap((volume) =>
      !isUnreadable(volume) && kindOf(storage.admit(volume)) === 'quota' ? [volume.name] : [],
    );
  }

  return async (signal) => {
    const findings = await methods.diagnose(signal);
    // What is wrong with the records is among them.
    const names = await limited(signal).catch((): readonly string[] => []);
    return names.length === 0 ? findings : [...findings, ...(await ofQuotas(limits, names))];
  };
}

async function ofQuotas(limits: Limits, names: readonly string[]): Promise<readonly Finding[]> {
  const doing = `Volumes that cannot be mounted now: ${names.join(', ')}`;
  try {
    await limits.require(doing);
    return [];
  } catch (error) {
    return [failure('project quotas', asVolumeError(error, doing).message)];
  }
}
