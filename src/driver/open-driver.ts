import type { Audit, Backend } from '../backends/backend.ts';
import type { Log } from '../core/log.ts';
import type { DriverName } from '../core/names.ts';
import type { Host } from '../host/host.ts';
import { openCatalog } from './catalog.ts';
import type { DriverContext } from './context.ts';
import { createVolume } from './create.ts';
import { createKeyedQueue } from './keyed-queue.ts';
import { openLedger } from './ledger.ts';
import type { Member } from './member.ts';
import { mountVolume } from './mount.ts';
import { knownVolume, listVolumes, lookupWithin, viewVolume } from './read.ts';
import { startReaper } from './reaper.ts';
import { planSteps, takeSteps } from './recovery.ts';
import { startRefresher } from './refresher.ts';
import { removeVolume } from './remove.ts';
import type { Timings } from './timings.ts';
import { listRemoved, undeleteVolume } from './undelete.ts';
import { settle, unmountVolume } from './unmount.ts';

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
  /** The ledger: of this boot only, so it may lie in memory. */
  readonly runtimeDir: string;
  readonly timings: Timings;
}

/** A driver and its life. */
export interface OpenDriver extends Member {
  /**
   * Plans recovery and begins it: calls for a volume under recovery wait behind it, all others are answered at once.
   * Then keeps catalog and holders true in the background.
   */
  start(): Promise<void>;
  /** One round of the reaper, now. */
  reap(): Promise<void>;
  /** Takes down what nobody holds or uses; for a clean stop. What is held stays mounted. */
  release(): Promise<void>;
  /** Ends the background work, lets calls under way finish, and closes the state files. */
  close(): Promise<void>;
}

/** Reads the driver's state; changes nothing on the storage or in the kernel yet. */
export async function openDriver(parts: DriverParts): Promise<OpenDriver> {
  const context = await openContext(parts);
  const { catalog, ledger, queue } = context;
  const refresher = startRefresher(context);
  let reaper: ReturnType<typeof startReaper> | undefined;

  return {
    name: parts.name,
    backend: parts.backendName,
    members: [],
    capabilities: parts.backend.capabilities,
    create: (name, options) => createVolume(context, name, options),
    remove: (name) => removeVolume(context, name),
    mount: (name, id, caller) => mountVolume(context, name, id, caller),
    unmount: (name, id) => unmountVolume(context, name, id),
    get: (name) => viewVolume(context, name),
    known: (name) => knownVolume(context, name),
    lookup: (name, patience) => lookupWithin(context, name, patience),
    list: () => listVolumes(context),
    get revision() {
      return catalog.revision + ledger.revision;
    },
    listRemoved: () => listRemoved(context),
    undelete: (name, id) => undeleteVolume(context, name, id),
    planRecovery: () => planSteps(context),
    recover: async () => takeSteps(context, await planSteps(context)),
    async start() {
      await context.host.files.makeDirectory(context.mountRoot);
      void takeSteps(context, await planSteps(context));
      reaper = startReaper(context);
      refresher.begin();
      if (!catalog.known) await refresher.firstList();
    },
    reap: async () => reaper?.round(),
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
      await refresher.stop();
      await queue.idle();
      await parts.backend.close();
      await Promise.all([catalog.close(), ledger.close()]);
    },
  };
}

async function openContext(parts: DriverParts): Promise<DriverContext> {
  const { host, log, stateDir, runtimeDir } = parts;
  for (const directory of [stateDir, runtimeDir]) await host.files.makeDirectory(directory);
  const catalog = await openCatalog(host, log, stateDir);
  const ledger = await openLedger(host, log, runtimeDir);
  return {
    ...parts,
    catalog,
    ledger,
    queue: createKeyedQueue(),
    lastSeenUsed: new Map(),
    takenDownUnseen: new Set(),
    deadUsers: new Map(),
    lossesSeen: new Map(),
    startedAt: host.now(),
  };
}
