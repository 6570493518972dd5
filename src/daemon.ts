import { createServer } from 'node:http';
import type { Configuration } from './config/configuration.ts';
import type { Environment } from './config/environment.ts';
import type { DriverName } from './core/names.ts';
import type { RecoveryStep } from './core/recovery-plan.ts';
import type { OpenWitness } from './core/witness.ts';
import type { TakenStep, VolumeDriver } from './driver/volume-driver.ts';
import type { Host } from './host/host.ts';
import { createLinuxHost } from './host/linux-host.ts';
import { lookingHost } from './host/looking-host.ts';
import { activatedSockets } from './http/activation.ts';
import { createPluginApp } from './http/plugin-app.ts';
import { createRefusal } from './http/refusal.ts';
import { type Listening, listenOnDescriptor, listenOnPath } from './http/sockets.ts';
import { createWiredServer } from './http/wired-server.ts';
import { type OpeningParts, openConfigured, openDrivers } from './open-drivers.ts';

export interface DaemonParts extends OpeningParts {
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
  const names = [...configuration.drivers.keys(), ...configuration.joints.keys()];
  const activated = activatedSockets(environment, names);
  const station = await openStation(configuration, environment.mode === 'managed' ? predecessorPatience : 0);
  const { host } = station;
  // Its thread takes a while to start: it does so beside what comes next.
  host.mounts.uses(configuration.mountRoot, 0).catch(() => undefined);
  await makeMountRoot(host, configuration);
  const witnesses = await openWitnesses(parts, host);
  const { drivers, close } = await openDrivers(parts, { host, witnesses });
  for (const witness of witnesses.values()) witness.watch();
  const listening = await Promise.all(
    [...drivers.values()].map((driver) => listenFor(driver, parts, activated.get(driver.name))),
  );
  const refusing = await refuseFor(drivers, activated, configuration);
  const admin = await listenAdmin(drivers, parts);
  log.write('info', 'listening', { sockets: listening.map(({ path }) => path), admin: admin.path });
  return {
    sockets: new Map([...drivers.keys()].map((name, index) => [name, listening[index]?.path ?? ''])),
    async close() {
      await Promise.all([...listening, ...refusing, admin].map((socket) => socket.close()));
      await close();
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
  parts: OpeningParts,
  how: { readonly dryRun: boolean },
): Promise<readonly OfflineRecovery[]> {
  const station = await openStation(parts.configuration, 0);
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

/**
 * Milliseconds that a managed plugin waits for the one before it, which an engine may start anew before it has ended. Shorter
 * than the engine's own patience, so that it hears of the refusal.
 */
const predecessorPatience = 5_000;

/** The host, and the proof that no other daemon works on the same state; such a one has `patience` milliseconds to end. */
async function openStation({ stateDir }: Configuration, patience: number): Promise<Station> {
  const lock = await listenOnPath(
    createServer((_, response) => response.end()),
    `${stateDir}/daemon.lock`,
    patience,
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

/** What they saw is kept beside the state of the drivers. Their code is loaded only when there are any. */
async function openWitnesses(
  { configuration, log }: Pick<DaemonParts, 'configuration' | 'log'>,
  { files, now }: Host,
): Promise<ReadonlyMap<string, OpenWitness>> {
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

async function listenFor(
  driver: VolumeDriver,
  { configuration, log }: DaemonParts,
  descriptor: number | undefined,
): Promise<Listening> {
  const server = createWiredServer(createPluginApp(driver, log));
  const path = configuration.pluginSocket ?? `${configuration.socketDir}/${driver.name}.sock`;
  return descriptor === undefined ? listenOnPath(server, path) : listenOnDescriptor(server, descriptor, path);
}

/** On sockets that were handed over for drivers that could not be started. */
function refuseFor(
  drivers: ReadonlyMap<DriverName, VolumeDriver>,
  activated: ReadonlyMap<string, number>,
  { socketDir }: Configuration,
): Promise<readonly Listening[]> {
  const started = new Set<string>(drivers.keys());
  const left = [...activated].filter(([name]) => !started.has(name));
  return Promise.all(
    left.map(([name, descriptor]) => {
      const refusal = `Driver ${name} could not be started: the reason is in Holdfast's log. Repair it, then restart Holdfast.`;
      return listenOnDescriptor(createRefusal(refusal), descriptor, `${socketDir}/${name}.sock`);
    }),
  );
}

async function listenAdmin(
  drivers: ReadonlyMap<DriverName, VolumeDriver>,
  parts: DaemonParts,
): Promise<Listening> {
  const { createAdminApp } = await import('./http/admin-app.ts');
  const app = createAdminApp({ drivers, version: parts.version, log: parts.log });
  return listenOnPath(createWiredServer(app), parts.configuration.adminSocket);
}
