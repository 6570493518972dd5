import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { compare } from '../compare.ts';
import { callFor, freshNames, startHoldfast } from '../holdfast.ts';
import { openConnection } from '../load-client.ts';
import type { Workshop } from '../workshop.ts';
import { benchAtOnce } from './at-once.ts';
import { type CsiCalls, csiCalls } from './calls.ts';
import { type CsiFloor, startCsiFloor } from './floor.ts';
import { openLoadClient } from './load-client.ts';

const rounds = 10;
const writes = { warmUp: 10, times: 50 };
const reads = { warmUp: 200, times: 500 };

type PluginCall = ReturnType<typeof callFor>;

/** Compares the same calls over the plugin socket and over the CSI, of one daemon. */
export async function benchCsi(workshop: Workshop): Promise<void> {
  const { report, folder, memory } = workshop;
  const home = join(folder, 'holdfast');
  const [socket, pods] = [join(home, 'csi.sock'), join(home, 'pods')];
  mkdirSync(pods, { recursive: true });
  const server = await startHoldfast(home, memory, {
    backend: 'local',
    settings: { root: `${home}/volumes`, onRemove: 'delete' },
    csi: { endpoint: `unix://${socket}`, name: 'local.csi.holdfast.bench', nodeId: 'here' },
  });
  try {
    // The endpoint opens a moment after the plugin socket.
    while (!existsSync(socket)) await sleep(5);
    const [connection, client] = [await openConnection(server.socketPath), await openLoadClient(socket)];
    const [plugin, csi] = [callFor(connection), csiCalls(client, pods)];
    const floor = await startCsiFloor(folder, pods);
    report.heading('CSI: one call after the other, local directories');
    await benchEmpty(workshop, plugin, csi, floor);
    await benchCreate(workshop, plugin, csi);
    await benchPublish(workshop, plugin, csi, floor);
    await benchAtOnce(workshop, server.socketPath, csi);
    client.close();
    connection.close();
    await floor.close();
  } finally {
    await server.stop();
  }
}

/** What gRPC costs: calls that do nothing, by each protocol, of an empty server and of the daemon. */
async function benchEmpty(
  { report }: Workshop,
  plugin: PluginCall,
  csi: CsiCalls,
  floor: CsiFloor,
): Promise<void> {
  await plugin('Create', 'one');
  report.comparison(
    await compare(
      rounds,
      { name: 'empty `node:http` handler', effort: reads, act: () => floor.connection.call('/', '') },
      [
        { name: 'empty grpc-js handler', effort: reads, act: () => floor.client.call('Probe', {}) },
        { name: 'Get by the plugin socket', effort: reads, act: () => plugin('Get', 'one') },
        { name: 'Probe', effort: reads, act: csi.probe },
      ],
    ),
  );
}

/** Compares creations through both sockets. The volumes are removed at the end. */
async function benchCreate({ report }: Workshop, plugin: PluginCall, csi: CsiCalls): Promise<void> {
  const name = freshNames();
  const made: string[] = [];
  const keep = (): string => made[made.push(name()) - 1] ?? '';
  const create = { name: 'Create by the plugin socket', effort: writes, act: () => plugin('Create', keep()) };
  const byCsi = { name: 'CreateVolume', effort: writes, act: () => csi.create(keep()) };
  report.comparison(await compare(rounds, create, [byCsi]));
  for (const each of made) await plugin('Remove', each);
}

/** A Mount of a volume that is not mounted makes one bind, as a publication of a staged volume does. */
async function benchPublish(
  { report }: Workshop,
  plugin: PluginCall,
  csi: CsiCalls,
  floor: CsiFloor,
): Promise<void> {
  for (const name of ['staged', 'free', 'other']) await plugin('Create', name);
  await csi.stage('staged');
  const pair = async () => {
    await plugin('Mount', 'free', { ID: 'a' });
    await plugin('Unmount', 'free', { ID: 'a' });
  };
  const published = (name: string) => async () => {
    await csi.publish(name, 'a');
    await csi.unpublish(name, 'a');
  };
  const alone = async () => {
    await floor.client.call('NodePublishVolume', {});
    await floor.client.call('NodeUnpublishVolume', {});
  };
  const whole = async () => {
    await csi.stage('other');
    await published('other')();
    await csi.unstage('other');
  };
  const publication = 'NodePublishVolume + NodeUnpublishVolume';
  report.comparison(
    await compare(rounds, { name: 'Mount + Unmount by the plugin socket', effort: writes, act: pair }, [
      { name: 'grpc-js with mkdir, mount, umount2 and rmdir', effort: writes, act: alone },
      { name: `${publication}, staged volume`, effort: writes, act: published('staged') },
      { name: `${publication}, not staged`, effort: writes, act: published('other') },
      { name: 'the same with NodeStageVolume and NodeUnstageVolume', effort: writes, act: whole },
    ]),
  );
  await csi.unstage('staged');
}
