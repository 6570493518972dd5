import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll } from '@jest/globals';
import type { BackendDefinition } from '../../src/backends/definition.ts';
import { localBackend } from '../../src/backends/local/definition.ts';
import type { AuditedAct } from '../../src/core/audit.ts';
import type { Log } from '../../src/core/log.ts';
import {
  type MountId,
  parseDriverName,
  parseMountId,
  parseVolumeName,
  type VolumeName,
} from '../../src/core/names.ts';
import { type OpenDriver, openDriver } from '../../src/driver/open-driver.ts';
import { createStagedPlaces, type StagedPlaces } from '../../src/driver/places/staged.ts';
import { type Timings, usualTimings } from '../../src/driver/timings.ts';
import type { Caller } from '../../src/driver/volume-driver.ts';
import type { Host } from '../../src/host/host.ts';
import { createFakeHost, createFakeState, type FakeState } from './host/fake-host.ts';
import { openBackend } from './open-backend.ts';

interface Event {
  readonly level: string;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A driver with the local backend on a host in memory, or on the given host. */
export interface Rig {
  readonly state: FakeState;
  readonly host: Host;
  readonly driver: OpenDriver;
  readonly events: readonly Event[];
  readonly acts: readonly AuditedAct[];
  /** The folder for all files. */
  readonly base: string;
  mountpoint(volume: string): string;
}

export interface RigParts {
  readonly state?: FakeState;
  readonly host?: Host;
  readonly timings?: Partial<Timings>;
  /** Default: the local backend. */
  readonly definition?: BackendDefinition;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The folder for all files. */
  readonly base?: string;
  /** The driver's name; default: `holdfast`. */
  readonly name?: string;
  /** Shared by several drivers of one process; default: its own. */
  readonly places?: StagedPlaces;
  /** False: opened, but not started. */
  readonly start?: boolean;
}

const opened = new Set<OpenDriver>();
/** Milliseconds: the host of a rig may hang. */
const patience = 1000;

/* A driver works in the background until it is closed. Also one whose daemon the test calls dead: it would outlast the test file. */
afterAll(async () => {
  await Promise.race([Promise.allSettled([...opened].map((driver) => driver.close())), sleep(patience)]);
});

/** A second rig on the state of a first one is like a daemon that was killed and restarted. */
export async function openRig(parts: RigParts = {}): Promise<Rig> {
  const state = parts.state ?? createFakeState();
  const host = parts.host ?? createFakeHost(state);
  const base = parts.base ?? '/srv';
  const definition = parts.definition ?? localBackend;
  const events: Event[] = [];
  const acts: AuditedAct[] = [];
  const log: Log = {
    enabled: () => true,
    write: (level, event, fields = {}) => void events.push({ level, event, fields }),
  };
  const audit = (act: AuditedAct): void => void acts.push(act);
  const name = parseDriverName(parts.name ?? 'holdfast');
  const mountRoot = `${base}/mnt/${name}`;
  await host.files.makeDirectory(`${base}/mnt`);
  await host.mounts.makeMountRoot(`${base}/mnt`);
  const driver = await openDriver({
    name,
    backendName: definition.name,
    backend: openBackend(definition, {
      driver: name,
      settings:
        definition === localBackend ? { root: `${base}/volumes`, ...parts.settings } : { ...parts.settings },
      defaults: {},
      profiles: {},
      host,
      workDir: `${base}/mnt/.shares/${name}`,
      witnesses: new Map(),
      log,
      audit,
    }),
    host,
    log,
    audit,
    mountRoot,
    stateDir: `${base}/state`,
    runtimeDir: `${base}/run`,
    directory: definition === localBackend ? String(parts.settings?.root ?? `${base}/volumes`) : undefined,
    timings: { ...usualTimings, ...parts.timings },
    places: parts.places ?? createStagedPlaces(),
  });
  opened.add(driver);
  if (parts.start !== false) await driver.start();
  return { state, host, driver, events, acts, base, mountpoint: (volume) => `${mountRoot}/${volume}` };
}

export const present: Caller = { gone: () => false };

export function volume(name: string): VolumeName {
  return parseVolumeName(name);
}

export function id(text: string): MountId {
  return parseMountId(text);
}
