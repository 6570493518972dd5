import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { builtDaemon } from '../../lab/built-daemon.ts';
import type { Engine } from '../../lab/engine.ts';
import { eventually } from '../../lab/eventually.ts';
import { dockerPrograms, startDocker } from '../../lab/guest/docker-in-guest.ts';
import { createGuest, type Guest, realGuest } from '../../lab/guest/guest.ts';
import { type GuestDaemon, startHoldfast } from '../../lab/guest/holdfast-in-guest.ts';
import { createGuestNetwork, type GuestNetwork } from '../../lab/guest/network.ts';
import { type NfsServer, nfsPrograms, startNfsClient, startNfsServer } from '../../lab/guest/nfs-server.ts';
import { createShare, type Share } from '../../lab/guest/nfs-share.ts';
import { tail } from '../../lab/service.ts';
import type { DriverEntry } from '../reload-drivers.ts';
import { type TimedAnswer, timed } from '../trouble.ts';
import { realEngine, words } from '../use-machine.ts';

/** What the tests here need; pass it to `describeWith`. */
export const realNfsHosts = {
  ...realGuest,
  programs: [...realGuest.programs, ...realEngine.programs, ...nfsPrograms, ...dockerPrograms],
} as const;

/** A host with its own kernel that runs Docker and Holdfast. */
export interface NfsHost {
  readonly guest: Guest;
  /** On the machine's disk; survives a power failure. */
  readonly folder: string;
  readonly engine: Engine;
  readonly holdfast: GuestDaemon;
  /** A call of the plugin protocol, waiting as long as Docker does. */
  call(driver: string, method: string, body: unknown): Promise<TimedAnswer>;
  /** The docker command; throws with the ends of both logs if it fails. */
  docker(...args: readonly string[]): Promise<string>;
  /** Waits for a condition; a timeout reports the ends of both logs. */
  eventually<T>(what: string, probe: () => Promise<T | undefined | false>): Promise<T>;
  /** The driver is "holdfast" by default. */
  mountpoint(volume: string, driver?: string): string;
  /** The mountpoints on the host at and below Holdfast's own, in mount order. */
  mountpoints(): Promise<readonly string[]>;
  isMounted(volume: string, driver?: string): Promise<boolean>;
}

export interface NfsLab {
  network(): GuestNetwork;
  /** The guest with the server; its clients know it as `guest0`. */
  server(): Guest;
  nfs(): NfsServer;
  share(name?: string): Share;
  host(place?: number): NfsHost;
}

export interface NfsLabSettings {
  readonly hosts: number;
  /** The server's exports, each at `/srv/NAME` and a separate file system; default: `volumes`. */
  readonly shares?: readonly string[];
  /** The size of each, in the format of truncate(1). */
  readonly shareSize?: string;
  /** Drivers by name, as in the configuration. One must be `holdfast`. */
  readonly drivers: Readonly<Record<string, unknown>>;
  readonly config?: Readonly<Record<string, unknown>>;
  /** Each guest's, in the kernel's format. */
  readonly memory?: string;
}

/** A driver for a share of the server, as in the configuration. */
export function nfsDriver(share: string, settings: Readonly<Record<string, unknown>> = {}): DriverEntry {
  return { backend: 'nfs', settings: { server: 'guest0', export: `/srv/${share}`, ...settings } };
}

interface Running {
  readonly network: GuestNetwork;
  readonly server: Guest;
  readonly nfs: NfsServer;
  readonly shares: readonly Share[];
  readonly hosts: readonly NfsHost[];
}

/** A server and hosts for the tests of a suite. After each test its containers and volumes are removed, on all hosts. */
export function useNfsHosts(settings: NfsLabSettings): NfsLab {
  const opened: { network?: GuestNetwork; guests: Guest[]; running?: Running } = { guests: [] };
  const running = () => {
    if (!opened.running) throw new Error('The hosts did not boot: see the error of the first test.');
    return opened.running;
  };
  const host = (place = 0) => {
    const found = running().hosts[place];
    if (!found) throw new Error(`There is no host ${place}.`);
    return found;
  };

  beforeAll(async () => {
    const program = await builtDaemon();
    const network = await createGuestNetwork(settings.hosts + 1);
    opened.network = network;
    const memory = settings.memory === undefined ? {} : { memory: settings.memory };
    const places = Array.from({ length: settings.hosts + 1 }, (_, place) => place);
    const booting = places.map(async (place) => {
      const guest = await createGuest({ link: network.link(place), ...memory });
      opened.guests.push(guest);
      return guest;
    });
    const [server, ...clients] = await Promise.all(booting);
    if (!server) throw new Error('There is no server.');
    const shares: Share[] = [];
    const size = settings.shareSize === undefined ? {} : { size: settings.shareSize };
    for (const name of settings.shares ?? ['volumes'])
      shares.push(await createShare(server, { name, ...size }));
    const nfs = await startNfsServer(server, { exports: shares.map(({ path }) => ({ path })) });
    const hosts = await Promise.all(clients.map((guest) => startHost(guest, program, settings)));
    opened.running = { network, server, nfs, shares, hosts };
  });

  afterEach(async () => {
    const hosts: NfsHost[] = [];
    for (const each of running().hosts) if (await isOn(each)) hosts.push(each);
    await Promise.all(hosts.map(removeContainers));
    for (const each of hosts) await removeVolumes(each);
    await Promise.all(hosts.map(nothingIsMounted));
  });

  afterAll(async () => {
    for (const guest of opened.guests) await guest.close();
    await opened.network?.close();
  });

  return {
    network: () => running().network,
    server: () => running().server,
    nfs: () => running().nfs,
    share: (name = 'volumes') => {
      const found = running().shares.find(({ path }) => path === `/srv/${name}`);
      if (!found) throw new Error(`The server has no share ${name}.`);
      return found;
    },
    host,
  };
}

async function startHost(guest: Guest, program: string, settings: NfsLabSettings): Promise<NfsHost> {
  await startNfsClient(guest);
  const config = { ...settings.config, drivers: settings.drivers };
  const [holdfast, engine] = await Promise.all([
    startHoldfast(guest, { program, config }),
    startDocker(guest),
  ]);
  const evidence = async () =>
    (await tail('docker', engine.service, 15)) + (await tail('holdfast', holdfast.service, 30));
  const mountpoint = (volume: string, driver = 'holdfast') => `/var/lib/holdfast/mounts/${driver}/${volume}`;
  const mountpoints = async () => mountpointsIn(await guest.read('/proc/1/mountinfo'));
  return {
    guest,
    folder: guest.folder,
    engine,
    holdfast,
    mountpoint,
    mountpoints,
    isMounted: async (volume, driver) => (await mountpoints()).includes(mountpoint(volume, driver)),
    call: (driver, method, body) =>
      timed(() => guest.post(`/run/docker/plugins/${driver}.sock`, `/VolumeDriver.${method}`, body, 120_000)),
    docker: async (...args) => {
      const finished = await engine.tryDocker(...args);
      if (finished.exitCode === 0) return finished.stdout.trim();
      throw new Error(`docker ${args.join(' ')} failed: ${finished.stderr}${await evidence()}`);
    },
    eventually: (what, probe) => eventually(what, probe, { evidence }),
  };
}

function mountpointsIn(mountinfo: string): readonly string[] {
  const points = mountinfo.split('\n').map((line) => line.split(' ')[4] ?? '');
  return points.filter((point) => point.startsWith('/var/lib/holdfast/mounts/'));
}

async function isOn({ guest }: NfsHost): Promise<boolean> {
  return (await guest.processes()).length > 0;
}

async function removeContainers({ docker, holdfast }: NfsHost): Promise<void> {
  if (!holdfast.service.running()) await holdfast.start();
  const containers = words(await docker('ps', '--all', '--quiet'));
  if (containers.length > 0) await docker('rm', '--force', '--volumes', ...containers);
}

/** This host learns of another host's removals only within seconds; `--force` accepts a volume that is missing. */
async function removeVolumes({ docker }: NfsHost): Promise<void> {
  const volumes = words(await docker('volume', 'ls', '--quiet'));
  if (volumes.length > 0) await docker('volume', 'rm', '--force', ...volumes);
}

/** Waits until nothing is mounted except each driver's share. */
async function nothingIsMounted(host: NfsHost): Promise<void> {
  await host.eventually('nothing is mounted after the test', async () => {
    const left = (await host.mountpoints()).filter((point) => !point.includes('/mounts/.shares/'));
    if (left.length === 0) return true;
    throw new Error(`Left: ${left.join(' ')}`);
  });
}
