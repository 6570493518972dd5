import type { KnownBackup } from '../decisions/tags.ts';
import { listBackups } from '../find.ts';
import type { BackupParts } from '../parts.ts';
import type { Repository } from '../restic/repository.ts';
import { keyOf } from '../state.ts';
import { isSeenHere } from '../which-backup.ts';
import type { SelectedVolume } from './selected.ts';

type OneVolume = Pick<SelectedVolume, 'driver' | 'volume'>;
type Known = Pick<SelectedVolume, 'driver' | 'volume' | 'createdAt'>;

/** The latest data of each volume, whose unchanged files restic does not read again. */
export interface Parents {
  of(one: OneVolume): string | undefined;
  /** Whether only the repository knows whether there is one. */
  isUnknown(one: Known): boolean;
  /** Asks the repository. */
  ask(): Promise<void>;
  /** Removes stale locks, and asks the repository. Resolves with false if that was done before. */
  look(): Promise<boolean>;
  /** Throws what a look has failed with: the repository, or the way to it, is out of order. */
  requireSound(): void;
}

interface Asked {
  readonly plan: string;
  /** Its name. */
  readonly repository: string;
}

/** Until it asks, it believes what this host remembers of its own backups. */
export function rememberedParents(
  parts: BackupParts,
  repository: Repository,
  { plan, repository: name }: Asked,
  signal: AbortSignal,
): Parents {
  let seen: readonly KnownBackup[] | undefined;
  let trouble: unknown;
  let isUnlocked = false;

  async function ask(): Promise<void> {
    try {
      seen = (await listBackups(parts, name, signal)).backups;
    } catch (thrown) {
      trouble = thrown;
      throw thrown;
    }
  }

  const remembered = ({ driver, volume }: OneVolume) =>
    parts.state.volume(keyOf(plan, driver.name, volume)).data;
  return {
    of(one) {
      const { driver, volume } = one;
      if (seen === undefined) return remembered(one);
      return seen.find(
        (known) => known.volume === volume && known.driver === driver.name && isSeenHere(parts, known),
      )?.data;
    },
    isUnknown(one) {
      if (remembered(one) !== undefined) return false;
      return !isOfThisHost(one) || parts.state.mayHaveKept(one.driver.name, one.volume, one.createdAt);
    },
    ask,
    async look() {
      if (isUnlocked) return false;
      await ask();
      // A killed prune has locked the repository for everybody.
      await repository.unlock(signal);
      isUnlocked = true;
      return true;
    },
    requireSound() {
      if (trouble !== undefined) throw trouble;
    },
  };
}

/** No other host sees it. */
export function isOfThisHost({ driver }: Pick<SelectedVolume, 'driver'>): boolean {
  return driver.capabilities.scope === 'local';
}
