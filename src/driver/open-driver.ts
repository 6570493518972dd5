import { dirname } from 'node:path';
import type { Backend } from '../backends/backend.ts';
import type { Audit } from '../core/audit.ts';
import type { Log } from '../core/log.ts';
import type { DriverName, MountId, VolumeName } from '../core/names.ts';
import { isUnreadable, type Volume } from '../core/volume.ts';
import type { Amount } from '../core/waits/progress.ts';
import type { Host } from '../host/host.ts';
import { type DriverContext, lookupVolume } from './context.ts';
import { createVolume } from './create.ts';
import { foresee } from './foresight/foresee.ts';
import type { Member } from './joint/member.ts';
import { createKeyedQueue } from './keyed-queue.ts';
import { createLooks } from './looks.ts';
import { createMissing } from './missing.ts';
import { mountVolume } from './mount.ts';
import { attachVolume, detachVolume, thisHost } from './places/attach.ts';
import { publishVolume, unpublishVolume } from './places/publish.ts';
import type { StagedPlaces } from './places/staged.ts';
import { readAside } from './protect/aside.ts';
import { copySnapshot } from './protect/copy-snapshot.ts';
import { fillVolume } from './protect/fill.ts';
import { listSnapshots } from './protect/find-snapshot.ts';
import { growVolume } from './protect/grow.ts';
import { clearLeftovers } from './protect/leftovers.ts';
import { modifyVolume } from './protect/modify.ts';
import { offersOf } from './protect/offered.ts';
import { removeSnapshot } from './protect/remove-snapshot.ts';
import { rollbackVolume } from './protect/rollback.ts';
import { createSharedWork } from './protect/shared-work.ts';
import { takeSnapshot } from './protect/snapshot.ts';
import { knownVolume, listVolumes, lookupWithin, viewVolume, viewVolumes } from './read.ts';
import { startReaper } from './reaper.ts';
import { planSteps, takeSteps } from './recovery.ts';
import { startRefresher } from './refresher.ts';
import { removeVolume } from './remove.ts';
import { openCatalog } from './state/catalog.ts';
import { requireKnownFormat } from './state/format.ts';
import { openIntents } from './state/intents.ts';
import { openLedger } from './state/ledger.ts';
import { driverStatus, stagedUses } from './status.ts';
import { releaseVolume } from './teardown/release.ts';
import type { Timings } from './timings.ts';
import { listRemoved, undeleteVolume } from './undelete.ts';
import { settle, takeBack, unmountVolume } from './unmount.ts';
import { entriesOf } from './usage/entries.ts';
import { freeSpace } from './usage/free-space.ts';
import { createKnownUsage } from './usage/known.ts';
import { startUseNoting, unusedVolumes } from './usage/last-use.ts';
import type { EndedUse } from './usage/own-uses.ts';
import { startUsageRounds } from './usage/rounds.ts';
import { seeUse } from './use.ts';

export interface DriverParts {
  readonly name: DriverName;
  readonly backendName: string;
  readonly backend: Backend;
  readonly host: Host;
  readonly log: Log;
  readonly audit: Audit;
  /** Mountpoints are `<mountRoot>/<volume>`. */
  readonly mountRoot: string;
  /** The catalog cache. */
  readonly stateDir: string;
  /** The ledger. It is of this boot only, so it may be in memory. */
  readonly runtimeDir: string;
  readonly timings: Timings;
  /** A directory of this host that is the backend's own. */
  readonly directory?: string | undefined;
  /** Shared by all drivers of the process; this one adds its own places. */
  readonly places: StagedPlaces;
  /** Completed by the driver, for who made its backend. */
  readonly measured?: MeasuredVolumes;
}

export interface MeasuredVolumes {
  /** How many files and directories the volume had when it was last measured, if it is a directory and that is known. */
  entriesOf?: (volume: VolumeName) => Amount | undefined;
}

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
    name: parts.name,
    backend: parts.backendName,
    members: [],
    capabilities: parts.backend.capabilities,
    offers: offersOf(parts.backend),
    create: (name, options, prepare) => createVolume(context, name, options, prepare),
    remove: (name) => removeVolume(context, name),
    mount: (name, id, caller) => mountVolume(context, name, id, caller),
    unmount: (name, id) => unmountVolume(context, name, id),
    releaseVolume: (name) => releaseVolume(context, name),
    publish: (name, place) => publishVolume(context, name, place),
    unpublish: (name, path) => unpublishVolume(context, name, path),
    get: (name) => viewVolume(context, name),
    async usageOf(name) {
      const volume = knownVolume(context, name)?.volume;
      return volume === undefined || isUnreadable(volume) ? undefined : usage.of(volume);
    },
    usesOf: (name) => seeUse(context, name, 0),
    attach: (name, hostId) => attachVolume(context, name, hostId),
    detach: (name, hostId) => detachVolume(context, name, hostId),
    thisHost: () => thisHost(context),
    freeSpace: () => freeSpace(context),
    missing: context.missing,
    known: (name) => knownVolume(context, name),
    lookup: (name, patience) => lookupWithin(context, name, patience),
    list: () => listVolumes(context),
    views: () => viewVolumes(context),
    status: () => driverStatus(context),
    uses: () => stagedUses(context),
    unused: () => unusedVolumes(context),
    get revision() {
      return catalog.revision + ledger.revision;
    },
    listRemoved: () => listRemoved(context),
    undelete: (name, ...more) => undeleteVolume(context, name, ...more),
    foresee: (intent) => foresee(context, intent),
    snapshot: (name, snapshot, use, prepare) => takeSnapshot(context, name, snapshot, use, prepare),
    listSnapshots: (name) => listSnapshots(context, name),
    copySnapshot: (name, snapshot, place) => copySnapshot(context, name, snapshot, place),
    removeSnapshot: (name, snapshot) => removeSnapshot(context, name, snapshot),
    rollback: (name, snapshot) => rollbackVolume(context, name, snapshot),
    grow: (name, ...more) => growVolume(context, name, ...more),
    modify: (name, options) => modifyVolume(context, name, options),
    readAside: (name, use, work) => readAside(context, name, use, work),
    fill: (name, options, work) => fillVolume(context, name, options, work),
    diagnose: (signal) => parts.backend.diagnose(signal),
    planRecovery: () => planSteps(context),
    async recover() {
      const steps = await takeSteps(context, await planSteps(context));
      await clearLeftovers(context);
      return steps;
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

async function openContext(parts: DriverParts): Promise<DriverContext> {
  const { host, log, stateDir, runtimeDir } = parts;
  for (const directory of [stateDir, runtimeDir]) await makePrivate(parts, directory);
  await requireKnownFormat(host, stateDir);
  const catalog = await openCatalog(host, log, stateDir);
  const ended = new Map<string, EndedUse>();
  const endUse = (volume: Volume) => void ended.set(volume.id, { volume, at: host.now() });
  const ledger = await openLedger(host, log, runtimeDir, endUse).catch(async (error) => {
    await catalog.close();
    throw error;
  });
  const intents = await openIntents(host, log, stateDir);
  const { name, backend, timings } = parts;
  const isStaged = (name: string) => [...ledger.entries()].some(({ volume }) => volume.name === name);
  parts.places.add(parts.mountRoot, isStaged);
  keepOwnDirectories(parts);
  return {
    ...parts,
    catalog,
    ledger,
    intents,
    looks: createLooks((asked) => lookupVolume({ backend, catalog }, asked, timings.workDeadline)),
    missing: createMissing({
      driver: name,
      patience: timings.trashDeadline,
      listRemoved: () => listRemoved(parts),
    }),
    queue: createKeyedQueue(),
    snapshotting: createSharedWork(),
    copyingSnapshots: createSharedWork(),
    rollingBack: createSharedWork(),
    lastSeenUsed: new Map(),
    takenDownUnseen: new Set(),
    deadUsers: new Map(),
    owedDrops: new Map(),
    lossesSeen: new Map(),
    uses: { ended, notedAt: new Map() },
    usage: createKnownUsage({ now: () => host.now(), sole: backend.capabilities.scope === 'local' }),
    trash: {},
    startedAt: host.now(),
  };
}

/** Containers get binds of what is mounted below it, so other users of the host need no access. */
async function makePrivate({ host, log }: Pick<DriverParts, 'host' | 'log'>, path: string): Promise<void> {
  const mode = await host.files.makePrivateDirectory(path);
  if (mode !== undefined) log.write('warn', 'directory-narrowed', { path, mode });
}

/**
 * As they are configured, and where they lead as soon as that is known: a start waits for no storage, and a directory that cannot be
 * looked at holds nothing that could be in the way.
 */
function keepOwnDirectories({ host, places, ...parts }: DriverParts): void {
  const { mountRoot, stateDir, runtimeDir, directory } = parts;
  for (const path of [dirname(mountRoot), stateDir, runtimeDir, directory]) {
    if (path === undefined) continue;
    places.own(path);
    host.files.realPath(path).then(
      (canonical) => canonical !== undefined && places.own(canonical),
      () => undefined,
    );
  }
}
