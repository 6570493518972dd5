import { appendFileSync } from 'node:fs';
import { defineEbs } from '../../../src/backends/ebs/definition.ts';
import { createEc2 } from '../../../src/backends/ebs/ec2/client.ts';
import { parseDriverName } from '../../../src/core/names.ts';
import { openDriver } from '../../../src/driver/open-driver.ts';
import { createStagedPlaces } from '../../../src/driver/places/staged.ts';
import { type Timings, usualTimings } from '../../../src/driver/timings.ts';
import type { Host } from '../../../src/host/host.ts';
import { createLinuxHost } from '../../../src/host/linux-host.ts';
import { createPluginApp } from '../../../src/http/plugin/app.ts';
import { listenOnPath } from '../../../src/http/sockets.ts';
import { createWiredServer } from '../../../src/http/wired-server.ts';
import { openBackend } from '../../fakes/open-backend.ts';
import { listenParts } from '../../lab/network/listen-parts.ts';

/** The program's argument, as JSON. */
export interface EbsDaemonOrders {
  readonly endpoint: string;
  readonly region: string;
  readonly zone: string;
  readonly instanceId: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** The instance's folder: its devices are below `dev` and `sys`. */
  readonly instanceFolder: string;
  readonly home: string;
  readonly runtimeDir: string;
  readonly socketPath: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly timings: Partial<Timings>;
}

/**
 * The daemon's layers from the socket down, without the configuration. It uses the devices of a simulated instance, and
 * writes the running times of other programs to `<home>/programs`.
 */
async function serve(orders: EbsDaemonOrders): Promise<void> {
  const { endpoint, region, zone, instanceId, credentials, instanceFolder, home, runtimeDir } = orders;
  const linux = await createLinuxHost({ systemCalls: 'auto' });
  const host = withTimes(linux, `${home}/programs`);
  const mountRoot = `${home}/mnt`;
  await host.files.makeDirectory(mountRoot);
  await host.mounts.makeMountRoot(mountRoot);
  const log = {
    enabled: () => true,
    write: (level: string, event: string, fields: object = {}) => {
      if (level === 'warn' || level === 'error')
        process.stderr.write(`${event} ${JSON.stringify(fields, (_, value) => wordsOf(value))}\n`);
    },
  };
  const audit = () => undefined;
  const ec2 = createEc2({ region, endpoint, credentials });
  const shared = { host, log, audit };
  const backend = openBackend(
    defineEbs({
      ec2: () => ec2,
      whereabouts: async () => ({ region, zone, instanceId }),
      folders: { devices: `${instanceFolder}/dev`, system: `${instanceFolder}/sys` },
    }),
    {
      ...shared,
      driver: 'holdfast',
      workDir: `${home}/work`,
      witnesses: new Map(),
      settings: orders.settings,
      defaults: {},
      profiles: {},
    },
  );
  const driver = await openDriver({
    ...shared,
    name: parseDriverName('holdfast'),
    backendName: 'ebs',
    backend,
    mountRoot: `${mountRoot}/holdfast`,
    stateDir: `${home}/state`,
    runtimeDir,
    timings: { ...usualTimings, ...orders.timings },
    places: createStagedPlaces(),
  });
  await driver.start();
  const listening = await listenOnPath(
    createWiredServer(createPluginApp(driver, log)),
    orders.socketPath,
    listenParts,
  );
  process.once('SIGTERM', async () => {
    await listening.close();
    await driver.release();
    await driver.close();
    await linux.close();
  });
}

function withTimes(host: Host, file: string): Host {
  return {
    ...host,
    programs: {
      ...host.programs,
      async run(program, ...rest) {
        const began = performance.now();
        const result = await host.programs.run(program, ...rest);
        appendFileSync(file, `${program} ${performance.now() - began}\n`);
        return result;
      },
    },
  };
}

function wordsOf(value: unknown): unknown {
  return value instanceof Error ? value.message : value;
}

const orders: EbsDaemonOrders = JSON.parse(process.argv[2] ?? '');
await serve(orders);
