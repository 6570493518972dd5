import type { MountId, VolumeName } from '../core/names.ts';
import type { Member } from './joint/member.ts';
import { type DriverParts, makePrivate, openContext } from './open-context.ts';
import { clearLeftovers } from './protect/leftovers.ts';
import { startReaper } from './reaper.ts';
import { planSteps, takeSteps } from './recovery.ts';
import { startRefresher } from './refresher.ts';
import { settle, takeBack } from './unmount.ts';
import { entriesOf } from './usage/entries.ts';
import { startUseNoting } from './usage/last-use.ts';
import { startUsageRounds } from './usage/rounds.ts';
import { driverVerbs } from './verbs.ts';

/** A driver, with its start and its end. */
export interface OpenDriver extends Member {
  /**
   * Plans recovery and begins it. Calls for a volume under recovery wait for it, and all others are answered at once. Then keeps
   * catalog and holders true in the background. `another`: the catalog is that of another storage, so the start waits for the
   * first list of this one.
   */
  start(storage?: 'same' | 'another'): Promise<void>;
  /** Whether all steps that `start` planned were taken, or have failed. */
  readonly isRecovered: boolean;
  /** One round of the reaper, now. */
  reap(): Promise<void>;
  /** Notes uses, and measures how full those volumes are whose time has come, now. */
  measure(): Promise<void>;
  /** Volumes that are mounted here, or on their way there or back. */
  staged(): readonly VolumeName[];
  /** Volumes that somebody holds. */
  held(): readonly VolumeName[];
  /** See `Mounted.undelivered`: for a Mount of this driver, or of an earlier one of its name in this process. */
  takeBack(name: VolumeName, id: MountId): Promise<void>;
  /** Resolves when all work on volumes that is under way now is done. */
  idle(): Promise<void>;
  /** For a clean stop: takes down volumes that nobody holds or uses. Held ones stay mounted. */
  release(): Promise<void>;
  /** Ends the background work, lets calls under way finish, and closes the state files. */
  close(): Promise<void>;
}

/** Reads the driver's state, without any change to the storage or the kernel yet. */
export async function openDriver(parts: DriverParts): Promise<OpenDriver> {
  const context = await openContext(parts).catch(async (error) => {
    await parts.backend.close();
    throw error;
  });
  const { catalog, ledger, queue } = context;
  if (parts.measured !== undefined) parts.measured.entriesOf = (volume) => entriesOf(context, volume);
  if (catalog.size > 0) parts.backend.expectVolumes();
  const refresher = startRefresher(context);
  const usage = startUsageRounds(context);
  const noting = startUseNoting(context);
  let reaper: ReturnType<typeof startReaper> | undefined;
  let isRecovered = false;

  return {
    ...driverVerbs(context, parts.backendName, usage),
    get revision() {
      return catalog.revision + ledger.revision;
    },
    async start(storage = 'same') {
      await makePrivate(context, context.mountRoot);
      void takeSteps(context, await planSteps(context)).then(async () => {
        await clearLeftovers(context);
        isRecovered = true;
      });
      reaper = startReaper(context);
      refresher.begin();
      usage.begin();
      noting.begin();
      if (storage === 'another') await refresher.firstList('nothing');
      else if (!catalog.known) await refresher.firstList(catalog.size === 0 ? 'nothing' : 'something');
    },
    get isRecovered() {
      return isRecovered;
    },
    reap: async () => reaper?.round(),
    measure: () => noting.round().then(usage.round),
    staged: () => [...ledger.entries()].map(({ volume }) => volume.name),
    held: () =>
      [...ledger.entries()].flatMap(({ volume, holders }) => (holders.size > 0 ? [volume.name] : [])),
    takeBack: (name, id) => takeBack(context, name, id),
    idle: () => queue.idle(),
    async release() {
      for (const entry of [...ledger.entries()]) {
        const { name } = entry.volume;
        await queue
          .run(name, () => settle(context, name, 0))
          .catch((error) => {
            context.log.write('warn', 'release-failed', { driver: context.name, volume: name, error });
          });
      }
    },
    async close() {
      reaper?.stop();
      await Promise.all([refresher.stop(), usage.stop()]);
      await queue.idle();
      await noting.stop();
      await parts.backend.close();
      await Promise.all([catalog.close(), ledger.close()]);
    },
  };
}
