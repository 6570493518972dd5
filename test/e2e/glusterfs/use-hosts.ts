import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { builtDaemon } from '../../lab/built-daemon.ts';
import type { DaemonSettings } from '../../lab/daemon.ts';
import { type Cluster, type ClusterSettings, realGluster } from '../../lab/gluster/cluster.ts';
import { createGlusterHost, type GlusterHost } from '../../lab/gluster/hosts.ts';
import { useCluster } from '../../lab/gluster/use-cluster.ts';
import { leaveNothing, switchOff } from '../clean-hosts.ts';
import type { DriverEntry } from '../reload-drivers.ts';
import { realEngine } from '../use-machine.ts';

/** What the tests here need; pass it to `describeWith`. */
export const realGlusterHosts = {
  ...realGluster,
  programs: [...realGluster.programs, ...realEngine.programs],
} as const;

export interface GlusterLab {
  cluster(): Cluster;
  host(place?: number): GlusterHost;
}

export interface LabSettings {
  readonly hosts: number;
  readonly cluster?: ClusterSettings;
  readonly daemon?: Omit<DaemonSettings, 'drivers'>;
  /** The daemon's JavaScript on each host; by default the built one. */
  readonly program?: (place: number) => Promise<string>;
  /** Drivers by name; by default only `holdfast`, on the cluster's volume gv0. */
  readonly drivers?: (cluster: Cluster) => NonNullable<DaemonSettings['drivers']>;
}

/**
 * A cluster and hosts for the tests of a suite. After each test, Docker removes its containers and volumes; then a fresh look at
 * the kernel of each host must find nothing but one client and one helper per driver.
 */
export function useGlusterHosts(settings: LabSettings): GlusterLab {
  const hosts: GlusterHost[] = [];
  let shares = 0;
  // Runs before the cluster's own cleanup, which must find no host.
  afterAll(() => switchOff(hosts));
  const cluster = useCluster(settings.cluster);
  beforeAll(async () => {
    const program = settings.program ?? builtDaemon;
    const drivers = (settings.drivers ?? oneDriver)(cluster());
    shares = JSON.stringify(drivers).split('"backend":"glusterfs"').length - 1;
    for (let place = 0; place < settings.hosts; place += 1)
      hosts.push(await createGlusterHost(cluster(), await program(place), { ...settings.daemon, drivers }));
    await Promise.all(hosts.map((host) => host.boot()));
  });
  afterEach(() => leaveNothing(hosts, (host) => leftovers(host, shares)));
  return {
    cluster,
    host: (place = 0) => {
      const found = hosts[place];
      if (!found) throw new Error('The hosts did not boot: see the error of the first test.');
      return found;
    },
  };
}

/** A driver of one of a cluster's volumes, as the configuration has it. */
export function glusterDriver({ addresses }: Cluster, volume = 'gv0'): DriverEntry {
  // In the host's own /run.
  return { backend: 'glusterfs', settings: { servers: addresses, volume, logDir: '/run/client-logs' } };
}

function oneDriver(cluster: Cluster): NonNullable<DaemonSettings['drivers']> {
  return { holdfast: glusterDriver(cluster) };
}

/** What is left on the host beyond an idle daemon's needs: at most one mount, one client and one helper per share. */
async function leftovers(host: GlusterHost, shares: number): Promise<readonly string[]> {
  const view = await host.leftovers();
  const bases = view.filter((line) => line.startsWith(`mount ${host.folder}/mounts/.shares/`));
  const helpers = view.filter((line) => line === 'process node');
  const clients = await host.fuseClients();
  const rest = view.filter((line) => !bases.includes(line) && !ofAnIdleDaemon.includes(line));
  return [
    ...rest,
    ...bases.slice(shares),
    ...helpers.slice(shares),
    ...(clients.length > shares ? [`${clients.length} clients`] : []),
  ];
}

const ofAnIdleDaemon = ['process glusterfs', 'process node'];
