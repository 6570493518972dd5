import { createServer } from 'node:http';
import type { Audit, BackendDefinition } from './backends/backend.ts';
import { backends } from './backends/index.ts';
import type { Configuration, DriverConfiguration } from './config/configuration.ts';
import type { Environment } from './config/environment.ts';
import type { Log } from './core/log.ts';
import type { DriverName } from './core/names.ts';
import type { RecoveryStep } from './core/recovery-plan.ts';
import { VolumeError } from './core/volume-error.ts';
import type { OpenWitness } from './core/witness.ts';
import { type OpenDriver, openDriver } from './driver/open-driver.ts';
import { usualTimings } from './driver/timings.ts';
import type { TakenStep } from './driver/volume-driver.ts';
import type { Host } from './host/host.ts';
import { createLinuxHost } from './host/linux-host.ts';
import { lookingHost } from './host/looking-host.ts';
import { activatedSockets } from './http/activation.ts';
import { createPluginApp } from './http/plugin-app.ts';
import { type Listening, listenOnDescriptor, listenOnPath } from './http/sockets.ts';
import { createWiredServer } from './http/wired-server.ts';

export interface DaemonParts {
  readonly configuration: Configuration;
  readonly log: Log;
  readonly audit: Audit;
  readonly environment: Environment;
  readonly version: string;
}

export interface RunningDaemon {
  /** The plugin sockets' paths, by driver. */
  readonly sockets: ReadonlyMap<DriverName, string>;
  /** Calls under way finish; sockets go; what no container holds is unmounted, the rest stays as it is. */
  close(): Promise<void>;
}

/** The composition root: configuration, host, backends, drivers, recovery, sockets. */
export async function serve(parts: DaemonParts): Promise<RunningDaemon> {
  const { configuration, environment, log } = parts;
  const activated = activatedSockets(environment, [...configuration.drivers.keys()]);
  const station = await openStation(configuration);
  const { host } = station;
  // Its thread takes a while to start: it does so beside what comes next.
  host.mounts.uses(configuration.mountRoot, 0).catch(() => undefined);
  await makeMountRoot(host, configuration);
  const witnesses = await openWitnesses(parts, host);
  const drivers = await openDrivers(parts, host, witnesses);
  for (const witness of witnesses.values()) witness.watch();
  const listening = await Promise.all(
    [...drivers.values()].map((driver) => listenFor(driver, parts, activated.get(driver.name))),
  );
  const admin = await listenAdmin(drivers, parts);
  log.write('info', 'listening', { sockets: listening.map(({ path }) => path), admin: admin.path });
  return {
    sockets: new Map([...drivers.keys()].map((name, index) => [name, listening[index]?.path ?? ''])),
    async close() {
      await Promise.all([...listening, admin].map((socket) => socket.close()));
      await Promise.all([...drivers.values()].map((driver) => driver.release()));
      await Promise.all([...drivers.values()].map((driver) => driver.close()));
      for (const witness of witnesses.values()) witness.close();
      await host.mounts.releaseMountRoot(configuration.mountRoot);
      await station.close();
      log.write('info', 'stopped');
    },
  };
}

export interface OfflineRecovery {
  readonly driver: DriverName;
  readonly steps: readonly (RecoveryStep | TakenStep)[];
}

/** Recovery without a daemon; refused while one runs. `dryRun` only says what would be done. */
export async function recoverOffline(
  parts: Omit<DaemonParts, 'environment' | 'version'>,
  how: { readonly dryRun: boolean },
): Promise<readonly OfflineRecovery[]> {
  const station = await openStation(parts.configuration);
  try {
    const recovered: OfflineRecovery[] = [];
    const host = how.dryRun ? lookingHost(station.host) : station.host;
    if (!how.dryRun) await makeMountRoot(host, parts.configuration);
    const witnesses = await openWitnesses(parts, host);
    for (const [name, configured] of parts.configuration.drivers) {
      const driver = await openConfigured(name, configured, parts, { host, witnesses });
      recovered.push({ driver: name, steps: await (how.dryRun ? driver.planRecovery() : driver.recover()) });
      await driver.close();
    }
    return recovered;
  } finally {
    await station.close();
  }
}

interface Station {
  readonly host: Host;
  close(): Promise<void>;
}

/** The host, and the proof that no other daemon works on the same state. */
async function openStation({ stateDir }: Configuration): Promise<Station> {
  const lock = await listenOnPath(
    createServer((_, response) => response.end()),
    `${stateDir}/daemon.lock`,
  );
  const host = await createLinuxHost({ systemCalls: 'auto' });
  return {
    host,
    async close() {
      await host.close();
      await lock.close();
    },
  };
}

async function makeMountRoot({ files, mounts }: Host, { mountRoot }: Configuration): Promise<void> {
  await files.makeDirectory(mountRoot);
  await mounts.makeMountRoot(mountRoot);
}

/** A driver that cannot be opened is reported and stops no other; none at all is an error. */
async function openDrivers(
  parts: DaemonParts,
  host: Host,
  witnesses: Witnesses,
): Promise<ReadonlyMap<DriverName, OpenDriver>> {
  const drivers = new Map<DriverName, OpenDriver>();
  let failure: unknown;
  // All at once: one whose storage does not answer keeps none of the others waiting.
  const opening = [...parts.configuration.drivers].map(async ([name, configured]) => {
    try {
      const driver = await openConfigured(name, configured, parts, { host, witnesses });
      await driver.start();
      drivers.set(name, driver);
    } catch (error) {
      failure = error;
      parts.log.write('error', 'driver-failed', { driver: name, error });
    }
  });
  await Promise.all(opening);
  if (drivers.size > 0) return drivers;
  throw new VolumeError('failed', 'No driver could be started: the reasons are in the log.', {
    cause: failure,
  });
}

async function openConfigured(
  name: DriverName,
  configured: DriverConfiguration,
  { configuration, log, audit }: Pick<DaemonParts, 'configuration' | 'log' | 'audit'>,
  { host, witnesses }: { readonly host: Host; readonly witnesses: Witnesses },
): Promise<OpenDriver> {
  const { settings, defaults, profiles } = configured;
  const definition = await backendNamed(configured.backend);
  // Below the mount root, which is shared: an unmount there reaches the copies that other namespaces inherited.
  const workDir = `${configuration.mountRoot}/.shares/${name}`;
  const inputs = { driver: name, settings, defaults, profiles };
  return openDriver({
    name,
    backendName: configured.backend,
    backend: definition.create({ ...inputs, host, workDir, witnesses, log, audit }),
    host,
    log,
    audit,
    mountRoot: `${configuration.mountRoot}/${name}`,
    stateDir: `${configuration.stateDir}/${name}`,
    runtimeDir: `${configuration.runtimeDir}/${name}`,
    timings: { ...usualTimings, grace: configuration.grace },
  });
}

type Witnesses = ReadonlyMap<string, OpenWitness>;

/** What they saw is kept beside the state of the drivers. Their code is loaded only when there are any. */
async function openWitnesses(
  { configuration, log }: Pick<DaemonParts, 'configuration' | 'log'>,
  { files, now }: Host,
): Promise<Witnesses> {
  const { witnesses: configurations, stateDir } = configuration;
  if (configurations.size === 0) return new Map();
  const { openWitnesses: open } = await import('./witnesses/open-witnesses.ts');
  const folder = `${stateDir}/.witnesses`;
  const file = (name: string) => ({
    read: () => files.readText(`${folder}/${name}.json`),
    async write(text: string) {
      await files.makeDirectory(folder);
      await files.writeText(`${folder}/${name}.json`, text, 'replace');
    },
  });
  return open({ configurations, file, log, now });
}

async function backendNamed(name: string): Promise<BackendDefinition> {
  const definition = await backends[name]?.();
  if (definition) return definition;
  throw new VolumeError('invalid', `There is no backend ${name}.`);
}

async function listenFor(
  driver: OpenDriver,
  { configuration, log }: DaemonParts,
  descriptor: number | undefined,
): Promise<Listening> {
  const server = createWiredServer(createPluginApp(driver, log));
  const path = `${configuration.socketDir}/${driver.name}.sock`;
  return descriptor === undefined ? listenOnPath(server, path) : listenOnDescriptor(server, descriptor, path);
}

async function listenAdmin(
  drivers: ReadonlyMap<DriverName, OpenDriver>,
  parts: DaemonParts,
): Promise<Listening> {
  const { createAdminApp } = await import('./http/admin-app.ts');
  const app = createAdminApp({ drivers, version: parts.version, log: parts.log });
  return listenOnPath(createWiredServer(app), parts.configuration.adminSocket);
}
