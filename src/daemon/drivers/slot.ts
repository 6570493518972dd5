import type { DriverConfiguration } from '../../config/configuration.ts';
import type { DriverName } from '../../core/names.ts';
import type { VolumeError } from '../../core/volume-error.ts';
import type { OpenDriver } from '../../driver/open-driver.ts';
import { busy, notReplaced, stillMounted } from '../../driver/slot/not-changed.ts';
import { notOpen, removed } from '../../driver/slot/not-open.ts';
import { createSteadyDriver, type SteadyDriver } from '../../driver/slot/steady-driver.ts';
import { usualTimings } from '../../driver/timings.ts';
import type { DriverHealth } from '../../http/admin/health.ts';
import { type OpeningParts, openBackend, openStarted, type Surroundings } from './open.ts';

/** A configured driver: opened, tried again while it cannot be, replaced when its configuration changes, and closed. */
export interface DriverSlot {
  /** Always the same; it refuses calls while no driver is open. */
  readonly driver: SteadyDriver;
  readonly configured: DriverConfiguration;
  readonly isOpen: boolean;
  /** Why it is not open. */
  refusal(): VolumeError;
  /** Milliseconds until the next attempt is due; infinite while it is open. */
  retryIn(): number;
  health(): DriverHealth;
  /** Opens it. Never rejects: a failure is logged, once for each reason. */
  open(): Promise<void>;
  /**
   * Replaces the driver by one with this configuration. Calls under way finish first, and new ones wait. If that cannot be done
   * without touching a mounted volume, or the new one cannot be opened, it rejects with the reason and the old one continues.
   */
  change(configured: DriverConfiguration): Promise<void>;
  /** Rejects with the reason if `change` would be refused now. Only `change` itself finds out whether the storage answers. */
  foreseeChange(configured: DriverConfiguration): Promise<void>;
  /** Rejects with the reason if `remove` would be refused now. */
  foreseeRemoval(): Promise<void>;
  /** Closes it permanently. If a volume of it is mounted here, it rejects with the reason, and the driver continues. */
  remove(): Promise<void>;
}

/** Milliseconds from a failed start of a driver to the next one: twice as long each time, up to the longest. */
export interface RetryPace {
  readonly first: number;
  readonly longest: number;
}

export interface SlotParts {
  readonly name: DriverName;
  readonly configured: DriverConfiguration;
  /** Those of the current configuration. */
  parts(): OpeningParts;
  readonly around: Surroundings;
  readonly pace: RetryPace;
  /** Milliseconds that a change waits for work under way. */
  readonly patience?: number;
}

interface Failure {
  readonly error: unknown;
  readonly count: number;
  /** By the monotonic clock. */
  readonly retryAt: number;
}

/** Shorter than engines wait, as their calls wait meanwhile. */
const usualPatience = 10_000;

export function createDriverSlot(slot: SlotParts): DriverSlot {
  const { name, parts, around, pace, patience = usualPatience } = slot;
  const { log } = parts();
  let { configured } = slot;
  let failure: Failure | undefined;
  let isRemoved = false;

  const refusal = (): VolumeError => (isRemoved ? removed(name) : notOpen(name, failure?.error));
  const driver = createSteadyDriver({
    name,
    backend: () => configured.backend,
    refusal,
    timings: usualTimings,
  });

  async function open(): Promise<void> {
    try {
      driver.show(await openStarted(name, configured, parts(), around, 'same'));
      if (failure !== undefined) log.write('info', 'driver-opened', { driver: name });
      failure = undefined;
    } catch (error) {
      const count = (failure?.count ?? 0) + 1;
      const pause = Math.min(pace.first * 2 ** (count - 1), pace.longest);
      if (textOf(error) !== textOf(failure?.error))
        log.write('error', 'driver-failed', { driver: name, error });
      failure = { error, count, retryAt: performance.now() + pause };
    }
  }

  /** What is mounted here, by the ledger; for a driver that is not open, by the kernel. */
  async function staged(): Promise<readonly string[]> {
    if (driver.behind !== undefined) return driver.behind.staged();
    const root = `${parts().configuration.mountRoot}/${name}`;
    const below = await around.host.mounts.below(root);
    return below.map(({ mountpoint }) => mountpoint.slice(root.length + 1)).filter((path) => path !== '');
  }

  /** `changes`: the changes that mounted volumes would not survive, in words. */
  function requireFree(changes: string, volumes: readonly string[]): void {
    if (volumes.length > 0) throw stillMounted(name, changes, [...new Set(volumes)]);
  }

  /** Makes the checks of `requireFree` before and after `release`, and no change. */
  async function foreseeFree(changes: string): Promise<void> {
    const { behind } = driver;
    requireFree(changes, behind?.held() ?? (await staged()));
    const used = (await behind?.uses())?.filter(({ use }) => use === 'used') ?? [];
    requireFree(
      changes,
      used.map(({ view }) => view.volume.name),
    );
  }

  /** Does the work while no call is running and new ones wait. */
  async function paused(work: () => Promise<void>): Promise<void> {
    try {
      await driver.pause(patience).catch((cause) => {
        throw busy(name, cause);
      });
      await work();
    } finally {
      driver.resume();
    }
  }

  /** Unmounts volumes that nobody has. Refuses if others are left. */
  async function release(changes: string): Promise<void> {
    await driver.behind?.release();
    requireFree(changes, await staged());
  }

  async function replace(after: DriverConfiguration, storage: 'same' | 'another'): Promise<void> {
    const before = configured;
    await driver.behind?.close();
    try {
      driver.show(await openStarted(name, after, parts(), around, storage));
      configured = after;
    } catch (error) {
      driver.show(undefined);
      configured = before;
      await open();
      throw notReplaced(name, error);
    }
  }

  return {
    driver,
    get configured() {
      return configured;
    },
    get isOpen() {
      return driver.behind !== undefined;
    },
    refusal,
    retryIn: () => Math.max(0, (failure?.retryAt ?? Number.POSITIVE_INFINITY) - performance.now()),
    health: () => healthOf(name, driver.behind, failure),
    open,
    async foreseeChange(after) {
      if (!keepsVolumes(configured, after)) await foreseeFree(moved);
      if (driver.behind === undefined) return;
      try {
        openBackend(name, after, parts(), around);
      } catch (error) {
        throw notReplaced(name, error);
      }
    },
    foreseeRemoval: () => foreseeFree(gone),
    async change(after) {
      const isSame = keepsVolumes(configured, after);
      if (!isSame) requireFree(moved, driver.behind?.held() ?? (await staged()));
      await paused(async () => {
        if (driver.behind !== undefined) {
          if (!isSame) await release(moved);
          await replace(after, isSame ? 'same' : 'another');
        } else {
          configured = after;
          await open();
        }
      });
    },
    async remove() {
      requireFree(gone, driver.behind?.held() ?? (await staged()));
      await paused(async () => {
        await release(gone);
        await driver.behind?.close();
        isRemoved = true;
        driver.show(undefined);
      });
    },
  };
}

/** Changes that mounted volumes would not survive. */
const moved = 'its storage has changed';
const gone = 'it is no longer in the configuration';

/** Whether mounted volumes can be kept when the first configuration is replaced by the second. */
function keepsVolumes(before: DriverConfiguration, after: DriverConfiguration): boolean {
  return before.backend === after.backend && after.settings.keepsVolumesOf(before.settings);
}

function healthOf(
  name: DriverName,
  driver: OpenDriver | undefined,
  failure: Failure | undefined,
): DriverHealth {
  if (driver === undefined) {
    const retryInMs = Math.max(0, Math.round((failure?.retryAt ?? 0) - performance.now()));
    return { driver: name, state: 'failed', error: failure?.error, retryInMs };
  }
  const { health: storage } = driver.status();
  const state = driver.isRecovered ? 'ready' : 'recovering';
  return { driver: name, state, ...(storage === undefined ? {} : { storage }) };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
