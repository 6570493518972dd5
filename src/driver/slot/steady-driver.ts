import type { DriverName } from '../../core/names.ts';
import type { VolumeError } from '../../core/volume-error.ts';
import { within } from '../deadline.ts';
import type { Member } from '../joint/member.ts';
import type { OpenDriver } from '../open-driver.ts';
import type { Timings } from '../timings.ts';
import { createAbsentDriver } from './absent-driver.ts';
import { createGate } from './gate.ts';

/** A driver as its callers see it: always the same one, though the driver behind it is opened late, replaced or closed. */
export interface SteadyDriver extends Member {
  /** Undefined: none is open, and every call is refused with the reason. */
  readonly behind: OpenDriver | undefined;
  show(driver: OpenDriver | undefined): void;
  /**
   * From now on, calls wait until `resume`. Resolves when all work under way is done; rejects with `timeout` if that takes longer
   * than this many milliseconds.
   */
  pause(patience: number): Promise<void>;
  resume(): void;
}

interface SteadyParts {
  readonly name: DriverName;
  /** The name of the configured backend. */
  backend(): string;
  /** Why no driver is open. */
  refusal(): VolumeError;
  readonly timings: Pick<Timings, 'callDeadline' | 'longDeadline' | 'workDeadline'>;
}

/** The longest time of a timer, in milliseconds. */
const longest = 2 ** 31 - 1;

export function createSteadyDriver({ name, backend, refusal, timings }: SteadyParts): SteadyDriver {
  const gate = createGate(`Driver ${name} is taking up its changed configuration: try again.`);
  const { callDeadline, longDeadline, workDeadline } = timings;
  let behind: OpenDriver | undefined;
  /** The revisions of the previous drivers. */
  let passed = 0;
  const now = (): Member => behind ?? createAbsentDriver(name, backend(), refusal);
  const call = <T>(work: (driver: Member) => Promise<T>, patience = callDeadline): Promise<T> =>
    gate.pass(() => work(now()), patience);

  return {
    name,
    members: [],
    get backend() {
      return behind?.backend ?? backend();
    },
    get capabilities() {
      return now().capabilities;
    },
    get offers() {
      return now().offers;
    },
    get revision() {
      return passed + now().revision;
    },
    known: (volume) => now().known(volume),
    list: () => now().list(),
    views: () => now().views(),
    status: () => now().status(),
    lookup: (volume, patience) => call((driver) => driver.lookup(volume, patience)),
    uses: () => call((driver) => driver.uses()),
    usageOf: (volume) => call((driver) => driver.usageOf(volume)),
    usesOf: (volume) => call((driver) => driver.usesOf(volume)),
    unused: () => call((driver) => driver.unused()),
    attach: (volume, hostId) => call((driver) => driver.attach(volume, hostId), longDeadline),
    detach: (volume, hostId) => call((driver) => driver.detach(volume, hostId), longDeadline),
    thisHost: () => call((driver) => driver.thisHost()),
    freeSpace: () => call((driver) => driver.freeSpace()),
    missing: (volume) => call((driver) => driver.missing(volume)),
    async get(volume) {
      const known = gate.isShut ? now().known(volume) : undefined;
      return known ?? call((driver) => driver.get(volume));
    },
    create: (volume, ...more) => call((driver) => driver.create(volume, ...more), longDeadline),
    remove: (volume) => call((driver) => driver.remove(volume)),
    publish: (volume, place) => call((driver) => driver.publish(volume, place), longDeadline),
    unpublish: (volume, path) => call((driver) => driver.unpublish(volume, path)),
    async mount(volume, id, caller) {
      const { mountpoint } = await call((driver) => driver.mount(volume, id, caller), longDeadline);
      // The driver that mounted the volume may be closed by then.
      return { mountpoint, undelivered: () => call(async () => behind?.takeBack(volume, id)) };
    },
    unmount(volume, id) {
      // An Unmount is never repeated, so it is executed even if its caller gave up.
      const work = call((driver) => driver.unmount(volume, id), workDeadline);
      return gate.isShut ? within(work, callDeadline, '').catch(() => undefined) : work;
    },
    releaseVolume: (volume) => call((driver) => driver.releaseVolume(volume), longDeadline),
    listRemoved: () => call((driver) => driver.listRemoved()),
    undelete: (volume, ...more) => call((driver) => driver.undelete(volume, ...more)),
    snapshot: (volume, ...more) => call((driver) => driver.snapshot(volume, ...more), longDeadline),
    listSnapshots: (volume) => call((driver) => driver.listSnapshots(volume)),
    removeSnapshot: (volume, snapshot) => call((driver) => driver.removeSnapshot(volume, snapshot)),
    copySnapshot: (volume, ...more) => call((driver) => driver.copySnapshot(volume, ...more), longDeadline),
    rollback: (volume, snapshot) => call((driver) => driver.rollback(volume, snapshot), longDeadline),
    modify: (volume, options) => call((driver) => driver.modify(volume, options), longDeadline),
    grow: (volume, ...more) => call((driver) => driver.grow(volume, ...more), longDeadline),
    // These have no deadline: the caller's work ends by itself.
    readAside: (volume, use, work) => gate.pass(() => now().readAside(volume, use, work), longest),
    fill: (volume, options, work) => gate.pass(() => now().fill(volume, options, work), longest),
    planRecovery: () => call((driver) => driver.planRecovery()),
    recover: () => call((driver) => driver.recover()),
    foresee: (intent) => call((driver) => driver.foresee(intent)),
    diagnose: (signal) => call((driver) => driver.diagnose(signal)),
    get behind() {
      return behind;
    },
    show(driver) {
      passed += now().revision + 1;
      behind = driver;
    },
    pause: (patience) =>
      within(
        gate.shut().then(() => behind?.idle()),
        patience,
        `Work on its volumes is under way, and did not end within ${patience / 1000} s.`,
      ),
    resume: () => gate.open(),
  };
}
