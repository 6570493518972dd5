import type { Configuration, DriverConfiguration } from '../../config/configuration.ts';
import type { DriverName } from '../../core/names.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { createRepetition, type Repetition } from '../../driver/repetition.ts';
import { removed } from '../../driver/slot/not-open.ts';
import type { VolumeDriver } from '../../driver/volume-driver.ts';
import type { DriverHealth } from '../../http/admin/health.ts';
import type { RetryPace } from './failure.ts';
import { createJointSet } from './joint-set.ts';
import type { OpeningParts, Surroundings } from './open.ts';
import { createDriverSlot, type DriverSlot } from './slot.ts';
import { type Taken, takeUp } from './take-up.ts';

/** The drivers of the configuration. One that cannot be opened is tried again; this does not affect the others. */
export interface DriverSet {
  /** The open drivers: first those with storage of their own, then the joint ones. */
  drivers(): ReadonlyMap<DriverName, VolumeDriver>;
  /** Calls at once with the driver, undefined if it is not open, and again whenever that changes. */
  watch(name: DriverName, shows: (driver: VolumeDriver | undefined) => void): void;
  /** What a driver that is not open answers. */
  refusal(name: DriverName): VolumeError;
  /** Whether the driver was removed from the configuration since the start of the daemon. */
  isRemoved(name: DriverName): boolean;
  /** The current configuration, with the drivers as they were applied. */
  configuration(): Configuration;
  /** From memory. */
  health(): readonly DriverHealth[];
  /** Applies the changes to drivers in the configuration. A driver whose change cannot be applied continues as before. */
  take(configuration: Configuration): Promise<Taken>;
  /** What `take` would apply now. Changes nothing. */
  foresee(configuration: Configuration): Promise<Taken>;
  /** Lets running calls finish, and unmounts volumes that nobody holds. */
  close(): Promise<void>;
}

type Shows = (driver: VolumeDriver | undefined) => void;

const usualPace: RetryPace = { first: 1_000, longest: 60_000 };

/** Opens all drivers. One that fails is logged, and the others continue. Throws `failed` if none can be opened. */
export async function openDriverSet(
  given: OpeningParts,
  around: Surroundings,
  pace = usualPace,
): Promise<DriverSet> {
  let parts = given;
  const slots = new Map<DriverName, DriverSlot>();
  const retries = new Map<DriverName, { readonly repetition: Repetition; readonly stop: AbortController }>();
  const watchers = new Map<DriverName, { readonly shows: Shows; readonly seen: VolumeDriver | undefined }>();
  const joints = createJointSet(() => parts, { find: (name) => slots.get(name) });
  let taking: Promise<unknown> = Promise.resolve();

  const find = (name: DriverName): VolumeDriver | undefined => {
    const slot = slots.get(name);
    return slot === undefined ? joints.opened.get(name) : slot.isOpen ? slot.driver : undefined;
  };
  const isRemoved = (name: DriverName): boolean => !slots.has(name) && !parts.configuration.joints.has(name);
  const tell = (names: Iterable<DriverName>): void => {
    for (const name of names) {
      const watcher = watchers.get(name);
      if (watcher !== undefined && watcher.seen !== find(name)) show(name, watcher.shows);
    }
  };
  const show = (name: DriverName, shows: Shows): void => {
    const seen = find(name);
    watchers.set(name, { shows, seen });
    shows(seen);
  };

  async function open(name: DriverName, configured: DriverConfiguration): Promise<void> {
    const slot = createDriverSlot({ name, configured, parts: () => parts, around, pace });
    slots.set(name, slot);
    await slot.open();
  }

  /** Once it is open, there is nothing to do, and the next look comes after the longest pause. */
  function retry(name: DriverName, slot: DriverSlot): void {
    const stop = new AbortController();
    const repetition = createRepetition(async () => {
      if (!slot.isOpen) {
        await slot.open();
        if (slot.isOpen) tell([name, ...joints.open()]);
      }
      return Math.min(slot.retryIn(), pace.longest);
    }, stop.signal);
    repetition.begin(Math.min(slot.retryIn(), pace.longest));
    retries.set(name, { repetition, stop });
  }

  async function endRetry(name: DriverName): Promise<void> {
    const retried = retries.get(name);
    retries.delete(name);
    retried?.stop.abort();
    await retried?.repetition.underWay();
  }

  function retryClosed(): void {
    for (const [name, slot] of slots) if (!slot.isOpen && !retries.has(name)) retry(name, slot);
  }

  // In parallel: one whose storage does not answer must not delay the others.
  await Promise.all([...parts.configuration.drivers].map(([name, configured]) => open(name, configured)));
  if ([...slots.values()].every(({ isOpen }) => !isOpen)) {
    const cause = [...slots.values()].at(-1)?.health().error;
    throw new VolumeError('failed', 'No driver could be started. The reasons are in the log.', { cause });
  }
  joints.open();
  retryClosed();

  /** `configuration`: the one whose drivers apply from now on. */
  const follow = (configuration: Configuration): void => {
    parts = { ...parts, configuration };
  };

  return {
    drivers() {
      const own = [...parts.configuration.drivers.keys()].flatMap((name) => {
        const slot = slots.get(name);
        return slot?.isOpen ? [[name, slot.driver] as const] : [];
      });
      return new Map<DriverName, VolumeDriver>([...own, ...joints.opened]);
    },
    watch: show,
    refusal: (name) => slots.get(name)?.refusal() ?? (isRemoved(name) ? removed(name) : joints.refusal(name)),
    isRemoved,
    configuration: () => parts.configuration,
    health: () => [...[...slots.values()].map((slot) => slot.health()), ...joints.health()],
    take(configuration) {
      const taken = takeUp(configuration, {
        current: () => parts.configuration,
        follow,
        slots,
        joints,
        open,
        async remove(name) {
          await endRetry(name);
          await slots.get(name)?.remove();
          slots.delete(name);
        },
        async change(name, configured) {
          await endRetry(name);
          await slots.get(name)?.change(configured);
        },
      }).finally(() => {
        retryClosed();
        tell([...watchers.keys()]);
      });
      taking = taken.catch(() => undefined);
      return taken;
    },
    foresee: (configuration) =>
      takeUp(configuration, {
        current: () => parts.configuration,
        follow: () => undefined,
        slots,
        joints: { follow: () => undefined },
        open: async () => undefined,
        remove: async (name) => slots.get(name)?.foreseeRemoval(),
        change: async (name, configured) => slots.get(name)?.foreseeChange(configured),
      }),
    async close() {
      await taking;
      await Promise.all([...retries.keys()].map(endRetry));
      await joints.close();
      const open = [...slots.values()].flatMap(({ driver }) => driver.behind ?? []);
      await Promise.all(open.map((driver) => driver.release()));
      await Promise.all(open.map((driver) => driver.close()));
    },
  };
}
