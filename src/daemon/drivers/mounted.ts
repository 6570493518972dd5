import type { DriverName } from '../../core/names.ts';
import type { OpenDriver } from '../../driver/open-driver.ts';
import { stillMounted } from '../../driver/slot/not-changed.ts';
import type { Host } from '../../host/host.ts';

/** What of a driver is mounted here, for a change that mounted volumes would not survive. `changes`: that change, in words. */
export interface Mounted {
  /** Throws if somebody holds a volume. */
  requireUnheld(changes: string): Promise<void>;
  /** Unmounts volumes that nobody has. Throws if others are left. */
  release(changes: string): Promise<void>;
  /** Makes the checks of both, and no change. */
  foresee(changes: string): Promise<void>;
}

export function createMounted(parts: {
  readonly name: DriverName;
  readonly host: Pick<Host, 'mounts'>;
  /** The driver, if it is open. */
  open(): OpenDriver | undefined;
  /** The directory of its mountpoints. */
  root(): string;
}): Mounted {
  const { name, host, open } = parts;

  /** By the ledger; for a driver that is not open, by the kernel. */
  async function staged(): Promise<readonly string[]> {
    const driver = open();
    if (driver !== undefined) return driver.staged();
    const root = parts.root();
    const below = await host.mounts.below(root);
    return below.map(({ mountpoint }) => mountpoint.slice(root.length + 1)).filter((path) => path !== '');
  }

  function requireFree(changes: string, volumes: readonly string[]): void {
    if (volumes.length > 0) throw stillMounted(name, changes, [...new Set(volumes)]);
  }

  const requireUnheld = async (changes: string) => requireFree(changes, open()?.held() ?? (await staged()));

  return {
    requireUnheld,
    async release(changes) {
      await open()?.release();
      requireFree(changes, await staged());
    },
    async foresee(changes) {
      await requireUnheld(changes);
      const used = (await open()?.uses())?.filter(({ use }) => use === 'used') ?? [];
      requireFree(
        changes,
        used.map(({ view }) => view.volume.name),
      );
    },
  };
}
