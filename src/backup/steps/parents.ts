import type { KnownBackup } from '../decisions/tags.ts';
import { listBackups } from '../find.ts';
import type { BackupParts } from '../parts.ts';
import type { Repository } from '../restic/repository.ts';
import { keyOf } from '../state.ts';
import type { SelectedVolume } from './selected.ts';

type OneVolume = Pick<SelectedVolume, 'driver' | 'volume'>;

/** The latest data of each volume, whose unchanged files restic does not read again. */
export interface Parents {
  of(one: OneVolume): string | undefined;
  /** Asks the repository, and removes stale locks. Resolves with false if that was done before. */
  look(): Promise<boolean>;
  /** Throws what a look has failed with: the repository, or the way to it, is out of order. */
  requireSound(): void;
}

interface Asked {
  readonly plan: string;
  /** Its name. */
  readonly repository: string;
}

/** Until it looks, it believes what this host remembers of its own backups. */
export function rememberedParents(
  parts: BackupParts,
  repository: Repository,
  { plan, repository: name }: Asked,
  signal: AbortSignal,
): Parents {
  let seen: readonly KnownBackup[] | undefined;
  let trouble: unknown;

  async function ask(): Promise<readonly KnownBackup[]> {
    const { backups } = await listBackups(parts, name, signal);
    // A killed prune has locked the repository for everybody.
    await repository.unlock(signal);
    return backups;
  }

  return {
    of({ driver, volume }) {
      if (seen === undefined) return parts.state.volume(keyOf(plan, driver.name, volume)).data;
      return seen.find((one) => one.volume === volume && one.driver === driver.name)?.data;
    },
    async look() {
      if (seen !== undefined) return false;
      try {
        seen = await ask();
        return true;
      } catch (thrown) {
        trouble = thrown;
        throw thrown;
      }
    },
    requireSound() {
      if (trouble !== undefined) throw trouble;
    },
  };
}
