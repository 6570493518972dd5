import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { type CsiClient, connectCsi } from '../../fakes/csi-client.ts';
import { builtDaemon } from '../../lab/built-daemon.ts';
import { createDaemon, type Daemon, writeConfiguration } from '../../lab/daemon.ts';
import { eventually } from '../../lab/eventually.ts';
import { createNamespace, type Namespace } from '../../lab/namespace.ts';

export interface LoneHost {
  readonly folder: string;
  /** The endpoint's path in the namespace. */
  readonly socket: string;
  readonly namespace: Namespace;
  readonly holdfast: Daemon;
  /** Starts the daemon, and returns a client once its endpoint answers. */
  start(): Promise<CsiClient>;
}

async function answering(socket: string): Promise<CsiClient> {
  const client = connectCsi(socket);
  try {
    await client.call('Probe');
    return client;
  } catch (error) {
    client.close();
    throw error;
  }
}

/** A simulated host without an engine, whose local driver has an endpoint. */
export function useLoneHost(): () => LoneHost {
  let host: LoneHost | undefined;
  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-lab-'));
    const namespace = createNamespace(folder);
    const socket = `${folder}/csi/csi.sock`;
    await writeConfiguration(folder, `${folder}/config.yaml`, {
      drivers: {
        holdfast: {
          backend: 'local',
          settings: { root: `${folder}/volumes` },
          csi: { endpoint: `unix://${socket}`, name: 'local.csi.holdfast.test', nodeId: 'host-a' },
        },
      },
    });
    await namespace.open();
    const holdfast = createDaemon(namespace, {
      program: await builtDaemon(),
      config: `${folder}/config.yaml`,
      log: `${folder}/holdfast.log`,
      adminSocket: `${folder}/admin.sock`,
      pluginSocket: '/run/docker/plugins/holdfast.sock',
    });
    const start = async () => {
      await holdfast.start();
      return eventually('the endpoint answers', () => answering(socket));
    };
    host = { folder, socket, namespace, holdfast, start };
    (await start()).close();
  });
  afterAll(async () => {
    await host?.holdfast.stop();
    await host?.namespace.close('remove');
  });
  return () => {
    if (!host) throw new Error('The host did not start: see the error of the first test.');
    return host;
  };
}
