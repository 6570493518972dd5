import type { VolumeName } from '../core/names.ts';
import { isRestore } from '../core/protect/backup-name.ts';
import { asVolumeError } from '../core/volume-error.ts';
import type { Asker, ObservedCall, Outcome, Verb } from '../core/volume-event.ts';
import type { Restores, VolumeDriver } from './volume-driver.ts';

export interface Observation {
  /** Whose calls these are. */
  readonly asker: Asker;
  /** Called after each call, with any outcome. Must return at once, and never throws. */
  observe(call: ObservedCall): void;
  /** Makes the volumes that are to be made from a backup. */
  readonly restores: Restores;
}

/**
 * The same driver, as one asker sees it: what it answers is not changed, nor delayed. A volume that is to be made from a backup is not the
 * driver's work alone.
 */
export function observeDriver(driver: VolumeDriver, { asker, observe, restores }: Observation): VolumeDriver {
  // One object for each call, made at once: spreading two costs as much as all the rest.
  function tell(verb: Verb, volume: VolumeName | undefined, started: number, outcome: Outcome): void {
    const ms = performance.now() - started;
    if (volume === undefined) observe({ verb, driver: driver.name, asker, outcome, ms });
    else observe({ verb, driver: driver.name, asker, volume, outcome, ms });
  }

  function tellFailure(verb: Verb, volume: VolumeName | undefined, started: number, thrown: unknown): void {
    const error = asVolumeError(thrown, 'The call failed');
    const ms = performance.now() - started;
    const about = { verb, driver: driver.name, asker, outcome: error.code, error, ms };
    observe(volume === undefined ? about : { ...about, volume });
  }

  async function watch<T>(
    verb: Verb,
    volume: VolumeName | undefined,
    work: () => Promise<T>,
    outcomeOf: (value: T) => Outcome = ok,
  ): Promise<T> {
    const started = performance.now();
    try {
      const value = await work();
      tell(verb, volume, started, outcomeOf(value));
      return value;
    } catch (thrown) {
      tellFailure(verb, volume, started, thrown);
      throw thrown;
    }
  }

  return {
    name: driver.name,
    get backend() {
      return driver.backend;
    },
    get members() {
      return driver.members;
    },
    get capabilities() {
      return driver.capabilities;
    },
    get offers() {
      return driver.offers;
    },
    get revision() {
      return driver.revision;
    },
    list: () => driver.list(),
    views: () => driver.views(),
    status: () => driver.status(),
    uses: () => driver.uses(),
    usageOf: (name) => driver.usageOf(name),
    usesOf: (name) => driver.usesOf(name),
    diagnose: (signal) => driver.diagnose(signal),
    unused: () => driver.unused(),
    foresee: (intent) =>
      intent.verb === 'create' && isRestore(intent.options)
        ? restores.foresee(driver, intent.name, intent.options)
        : driver.foresee(intent),
    thisHost: () => driver.thisHost(),
    freeSpace: () => driver.freeSpace(),
    missing: (name) => driver.missing(name),
    planRecovery: () => driver.planRecovery(),
    create: (name, options, prepare) =>
      watch('create', name, () =>
        isRestore(options) ? restores.create(driver, name, options) : driver.create(name, options, prepare),
      ),
    remove: (name) => watch('remove', name, () => driver.remove(name)),
    async mount(name, id, caller) {
      const mounted = await watch('mount', name, () => driver.mount(name, id, caller));
      const { mountpoint, undelivered } = mounted;
      return { mountpoint, undelivered: () => watch('take-back', name, undelivered) };
    },
    unmount: (name, id) => watch('unmount', name, () => driver.unmount(name, id)),
    releaseVolume: (name) => watch('release', name, () => driver.releaseVolume(name)),
    attach: (name, hostId) => watch('attach', name, () => driver.attach(name, hostId)),
    detach: (name, hostId) => watch('detach', name, () => driver.detach(name, hostId)),
    publish: (name, place) => watch('publish', name, () => driver.publish(name, place)),
    unpublish: (name, path) => watch('unpublish', name, () => driver.unpublish(name, path)),
    get: (name) =>
      watch(
        'get',
        name,
        () => driver.get(name),
        (view) => (view === undefined ? 'not-found' : 'ok'),
      ),
    listRemoved: () => watch('list-removed', undefined, () => driver.listRemoved()),
    undelete: (name, id, as) => watch('undelete', as ?? name, () => driver.undelete(name, id, as)),
    snapshot: (name, ...more) => watch('snapshot', name, () => driver.snapshot(name, ...more)),
    listSnapshots: (name) => watch('list-snapshots', name, () => driver.listSnapshots(name)),
    removeSnapshot: (name, snapshot) =>
      watch('remove-snapshot', name, () => driver.removeSnapshot(name, snapshot)),
    copySnapshot: (name, snapshot, place) =>
      watch('copy-snapshot', name, () => driver.copySnapshot(name, snapshot, place)),
    rollback: (name, snapshot) => watch('rollback', name, () => driver.rollback(name, snapshot)),
    modify: (name, options) => watch('modify', name, () => driver.modify(name, options)),
    grow: (name, ...more) => watch('grow', name, () => driver.grow(name, ...more)),
    readAside: (name, use, work) => watch('read-aside', name, () => driver.readAside(name, use, work)),
    fill: (name, options, work) => watch('fill', name, () => driver.fill(name, options, work)),
    recover: () => watch('recover', undefined, () => driver.recover()),
  };
}

const ok = (): Outcome => 'ok';
