import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { builtDaemon } from '../../lab/built-daemon.ts';
import type { DaemonSettings } from '../../lab/daemon.ts';
import type { InstanceSettings } from '../../lab/ec2/cloud/instance.ts';
import { createEbsHost, type EbsHost, ebsDriverSettings } from '../../lab/ec2/ebs-host.ts';
import { createEc2Endpoint, type Ec2Endpoint } from '../../lab/ec2/endpoint.ts';
import { eventually } from '../../lab/eventually.ts';
import { loopsOf } from '../../lab/loop/devices.ts';
import type { Agent } from '../../lab/mesos/cluster.ts';
import { type MesosCluster, startCluster } from '../../lab/mesos/use-cluster.ts';
import { leaveNothing, switchOff } from '../clean-hosts.ts';
import { realEngine } from '../use-machine.ts';

/** What the tests here need; pass it to `describeWith`. */
export const realEbsHosts = {
  ...realEngine,
  programs: [...realEngine.programs, 'e2fsck', 'losetup', 'mknod', 'ip', 'unshare', 'nsenter'],
  paths: ['/dev/loop-control'],
} as const;

export interface EbsLab {
  endpoint(): Ec2Endpoint;
  /** The witness of the driver `witnessed`; each host's agent was active when the hosts booted. */
  mesos(): MesosCluster;
  agent(place: number): Agent;
  host(place: number): EbsHost;
}

export interface EbsLabSettings {
  /** Settings of each host's instance. */
  readonly instances: readonly InstanceSettings[];
  readonly daemon?: Omit<DaemonSettings, 'drivers' | 'witnesses'>;
}

/**
 * An EC2 endpoint and hosts that are its instances, for the tests of a suite. After each test, Docker removes its containers
 * and volumes; then the hosts must have nothing left, and EC2 no volume.
 */
export function useEbsHosts({ instances, daemon }: EbsLabSettings): EbsLab {
  const hosts: EbsHost[] = [];
  const agents: Agent[] = [];
  let opened: Ec2Endpoint | undefined;
  let masters: MesosCluster | undefined;
  const endpoint = () => {
    if (!opened) throw new Error('The endpoint did not start: see the error of the first test.');
    return opened;
  };
  const mesos = () => {
    if (!masters) throw new Error('The masters did not start: see the error of the first test.');
    return masters;
  };
  beforeAll(async () => {
    const program = await builtDaemon();
    opened = await createEc2Endpoint({ disks: 'loop' });
    masters = await startCluster({ isLive: true });
    const { addresses } = masters;
    const witnesses = { mesos: { kind: 'mesos', addresses, match: 'attribute' } };
    for (const wish of instances) {
      const instance = await opened.addInstance(wish);
      agents.push(masters.addAgent({ attributes: { 'instance-id': instance.id } }));
      const settings = { ...daemon, drivers, witnesses, servers: addresses };
      hosts.push(await createEbsHost(opened, instance, program, settings));
    }
    await Promise.all(hosts.map((host) => host.boot()));
  });
  afterEach(async () => {
    for (const { instance, join, isOn } of hosts) {
      await instance.setState('running');
      if (isOn()) await join();
    }
    await leaveNothing(hosts, (host) => host.leftovers());
    await eventually('EC2 has no volume', async () => endpoint().volumes().length === 0);
  });
  afterAll(async () => {
    await switchOff(hosts);
    await opened?.close();
    await masters?.close();
    const folders = hosts.map(({ instance }) => instance.folder.split('/instances/')[0] ?? '');
    const left = await loopsOf((file) => folders.some((folder) => file.startsWith(folder)));
    if (left > 0) throw new Error(`${left} loop devices are left.`);
  });
  return {
    endpoint,
    mesos,
    host: (place) => booted(hosts, place),
    agent: (place) => booted(agents, place),
  };
}

function booted<T>(all: readonly T[], place: number): T {
  const found = all[place];
  if (!found) throw new Error('The hosts did not boot: see the error of the first test.');
  return found;
}

const settings = { ...ebsDriverSettings, onRemove: 'delete' };
/** The endpoint of the driver `holdfast`, on each host. */
export const csiSocket = '/run/csi/csi.sock';
const csi = { endpoint: `unix://${csiSocket}`, name: 'ebs.csi.holdfast.test' };
const drivers = {
  holdfast: { backend: 'ebs', settings, csi },
  witnessed: { backend: 'ebs', settings: { ...settings, preempt: 'dead', witnesses: ['mesos'] } },
};
