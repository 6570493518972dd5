import { openLoneNetwork } from '../network/lone.ts';
import { output } from '../run.ts';
import type { Instance } from './cloud/instance.ts';
import type { Ec2Endpoint } from './endpoint.ts';
import { openRelay, type Relay } from './relay.ts';

/**
 * The network namespace of an instance. It contains only its loopback device, on which the metadata service answers at its
 * usual address, and EC2 at `ec2Url`. It ends with the test process at the latest.
 */
export interface InstanceNetwork {
  /** As nsenter(1) takes it. */
  readonly path: string;
  /** Makes all requests in it time out silently. */
  cut(): Promise<void>;
  join(): Promise<void>;
  close(): Promise<void>;
}

const ec2Port = 4566;
export const ec2Url = `http://127.0.0.1:${ec2Port}`;

/** `servers` are URLs on 127.0.0.1 of the machine that runs the tests; the network has them at the same addresses. */
export async function openInstanceNetwork(
  { url }: Ec2Endpoint,
  { imdsUrl }: Instance,
  servers: readonly string[] = [],
): Promise<InstanceNetwork> {
  const network = await openLoneNetwork(['169.254.169.254/32']);
  const { pid } = network;
  const relays: readonly Relay[] = [
    await openRelay({ pid, address: '127.0.0.1', port: ec2Port }, url),
    await openRelay({ pid, address: '169.254.169.254', port: 80 }, imdsUrl),
    ...(await Promise.all(
      servers.map((server) =>
        openRelay({ pid, address: '127.0.0.1', port: Number(new URL(server).port) }, server),
      ),
    )),
  ];
  const loopback = (state: 'up' | 'down') =>
    output('nsenter', [`--target=${pid}`, '--net', '--', 'ip', 'link', 'set', 'lo', state]);
  return {
    path: network.path,
    cut: async () => void (await loopback('down')),
    join: async () => void (await loopback('up')),
    close: async () => {
      for (const relay of relays) await relay.close();
      await network.close();
    },
  };
}
