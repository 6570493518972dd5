import { dirname } from 'node:path';
import type { Backend } from '../backends/backend.ts';
import type { Audit } from '../core/audit.ts';
import type { Log } from '../core/log.ts';
import type { DriverName, VolumeName } from '../core/names.ts';
import type { Volume } from '../core/volume.ts';
import type { Amount } from '../core/waits/progress.ts';
import type { Host } from '../host/host.ts';
import { type DriverContext, lookupVolume } from './context.ts';
import { createKeyedQueue } from './keyed-queue.ts';
import { createLooks } from './looks.ts';
import { createMissing } from './missing.ts';
import type { StagedPlaces } from './places/staged.ts';
import { createSharedWork } from './protect/shared-work.ts';
import { openCatalog } from './state/catalog.ts';
import { requireKnownFormat } from './state/format.ts';
import { openIntents } from './state/intents.ts';
import { openLedger } from './state/ledger.ts';
import type { Timings } from './timings.ts';
import { listRemoved } from './undelete.ts';
import { createKnownUsage } from './usage/known.ts';
import type { EndedUse } from './usage/own-uses.ts';

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

/** Reads the state that the driver left on this host. */
export async function openContext(parts: DriverParts): Promise<DriverContext> {
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
export async function makePrivate(
  { host, log }: Pick<DriverParts, 'host' | 'log'>,
  path: string,
): Promise<void> {
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
