import type { DaemonSettings } from '../daemon.ts';
import type { Namespace } from '../namespace.ts';
import { createPoweredHost, type PoweredHost, type Supply } from '../powered-host.ts';
import { send } from '../processes.ts';
import { succeeded } from '../run.ts';
import type { Instance } from './cloud/instance.ts';
import type { Ec2Endpoint } from './endpoint.ts';
import { ec2Url, type InstanceNetwork, openInstanceNetwork } from './instance-network.ts';

/**
 * An instance of an EC2 endpoint as a simulated host: it has the instance's /dev and block devices in /sys, and reaches only EC2
 * and its metadata. EC2 does not notice a crash: set the instance's state.
 */
export interface EbsHost extends PoweredHost {
  readonly instance: Instance;
  /** The host keeps running, but EC2 does not answer. */
  cut(): Promise<void>;
  join(): Promise<void>;
}

/** Settings for a driver in `settings.drivers`. The metadata service provides the rest, as on EC2. */
export const ebsDriverSettings = { endpoint: ec2Url } as const;

export interface EbsHostSettings extends DaemonSettings {
  /** Other servers that the instance reaches: URLs on 127.0.0.1 of the machine that runs the tests, which stay the same. */
  readonly servers?: readonly string[];
}

/** Boot it before use, and destroy it before the endpoint is closed. */
export async function createEbsHost(
  endpoint: Ec2Endpoint,
  instance: Instance,
  program: string,
  { servers = [], ...settings }: EbsHostSettings,
): Promise<EbsHost> {
  const open = () => openInstanceNetwork(endpoint, instance, servers);
  const supply = createSupply(instance, await open(), open);
  const furnish = (namespace: Namespace) => showDevices(namespace, instance);
  const host = await createPoweredHost(supply, program, { ...settings, furnish });
  return {
    ...host,
    instance,
    cut: () => supply.current().cut(),
    join: () => supply.current().join(),
  };
}

interface InstanceSupply extends Supply {
  current(): InstanceNetwork;
}

function createSupply(
  instance: Instance,
  first: InstanceNetwork,
  open: () => Promise<InstanceNetwork>,
): InstanceSupply {
  let network = first;
  let isOn = true;
  return {
    current: () => network,
    network: () => network.path,
    off: async (processes) => {
      if (!isOn) return;
      isOn = false;
      // Stop all processes first: later writes must not be acknowledged.
      for (const pid of processes) send(pid, 'SIGSTOP');
      await instance.powerFails();
      await network.close();
    },
    on: async () => {
      if (isOn) return false;
      network = await open();
      await instance.powerReturns();
      isOn = true;
      return true;
    },
  };
}

const ofEveryMachine = 'null zero full random urandom tty ptmx fd stdin stdout stderr';

/** /dev has the instance's disks and the usual devices. The loop devices are those of the machine that runs the tests. */
const mounting = `set -e
cd "$1"
mkdir -p dev/pts dev/shm sys/block sys/dev/block
for name in ${ofEveryMachine}; do [ -e "dev/$name" ] || cp -a "/dev/$name" dev/; done
mount --bind /dev/pts dev/pts
mount --bind /dev/shm dev/shm
mount --rbind dev /dev
mount --bind sys/block /sys/block
mount --bind sys/dev/block /sys/dev/block`;

/** Shows the instance's devices in a namespace that only the instance uses. */
export async function showDevices(namespace: Namespace, { folder }: Instance): Promise<void> {
  succeeded('showing devices', await namespace.run('sh', '-c', mounting, 'sh', folder));
}
