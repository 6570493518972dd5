import type { DriverConfiguration } from '../../config/configuration.ts';
import type { DriverName } from '../../core/names.ts';
import type { VolumeError } from '../../core/volume-error.ts';
import type { OpenDriver } from '../../driver/open-driver.ts';
import { busy, notReplaced } from '../../driver/slot/not-changed.ts';
import { notOpen, removed } from '../../driver/slot/not-open.ts';
import { createSteadyDriver, type SteadyDriver } from '../../driver/slot/steady-driver.ts';
import { usualTimings } from '../../driver/timings.ts';
import type { DriverHealth } from '../../http/admin/health.ts';
import { type Failure, failureAfter, isSameReason, type RetryPace, untilRetry } from './failure.ts';
import { createMounted } from './mounted.ts';
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
  const mounted = createMounted({
    name,
    host: around.host,
    open: () => driver.behind,
    root: () => `${parts().configuration.mountRoot}/${name}`,
  });

  async function open(): Promise<void> {
    try {
      driver.show(await openStarted(name, configured, parts(), around, 'same'));
      if (failure !== undefined) log.write('info', 'driver-opened', { driver: name });
      failure = undefined;
    } catch (error) {
      if (!isSameReason(failure, error)) log.write('error', 'driver-failed', { driver: name, error });
      failure = failureAfter(failure, error, pace);
    }
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
    retryIn: () => (failure === undefined ? Number.POSITIVE_INFINITY : untilRetry(failure)),
    health: () => healthOf(name, driver.behind, failure),
    open,
    async foreseeChange(after) {
      if (!keepsVolumes(configured, after)) await mounted.foresee(moved);
      if (driver.behind === undefined) return;
      try {
        openBackend(name, after, parts(), around);
      } catch (error) {
        throw notReplaced(name, error);
      }
    },
    foreseeRemoval: () => mounted.foresee(gone),
    async change(after) {
      const isSame = keepsVolumes(configured, after);
      if (!isSame) await mounted.requireUnheld(moved);
      await paused(async () => {
        if (driver.behind !== undefined) {
          if (!isSame) await mounted.release(moved);
          await replace(after, isSame ? 'same' : 'another');
        } else {
          configured = after;
          await open();
        }
      });
    },
    async remove() {
      await mounted.requireUnheld(gone);
      await paused(async () => {
        await mounted.release(gone);
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
    const retryInMs = failure === undefined ? 0 : Math.round(untilRetry(failure));
    return { driver: name, state: 'failed', error: failure?.error, retryInMs };
  }
  const { health: storage } = driver.status();
  const state = driver.isRecovered ? 'ready' : 'recovering';
  return { driver: name, state, ...(storage === undefined ? {} : { storage }) };
}
