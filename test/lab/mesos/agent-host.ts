import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDaemon, type Daemon, writeConfiguration } from '../daemon.ts';
import { eventually } from '../eventually.ts';
import { added, kernelView, mountpoints } from '../kernel-view.ts';
import { createNamespace } from '../namespace.ts';
import { post } from '../network/unix-http.ts';
import type { Call, Verb, VolumeWish } from './agent.ts';
import { startWritingTask, type WritingTask } from './agent-task.ts';
import { dvdcliOf, dvdcliWords, isMisspoken, startDvdcli } from './dvdcli.ts';

/** A simulated host without Docker: the built Holdfast with its local backend, dvdcli, and containers of Mesos. */
export interface AgentHost {
  readonly folder: string;
  readonly holdfast: Daemon;
  readonly dvdcli: (verb: Verb | 'remove', volume: VolumeWish) => Call;
  startTask(id: string, mountpoints: readonly string[]): Promise<WritingTask>;
  boot(): Promise<void>;
  /** A power failure, another boot, and Holdfast is started. */
  reboot(): Promise<void>;
  /** Replaces the stopped Holdfast by a server that refuses every call. */
  whileRefusing(act: () => Promise<void>): Promise<void>;
  mountpoint(volume: string): string;
  /** Names of the volumes in a mount table; default: the host's. */
  mounted(table?: readonly string[]): Promise<readonly string[]>;
  /** The test process's path of a file of the host. */
  path(inside: string): string;
  /** The kernel's state of this host that was not there right after `boot`. */
  leftovers(): Promise<readonly string[]>;
  /** Output of dvdcli that is not allowed: anything but one error line or the volume's mountpoint. */
  readonly misspoken: readonly string[];
  destroy(): Promise<void>;
}

const socket = '/run/docker/plugins/holdfast.sock';

export async function createAgentHost(program: string): Promise<AgentHost> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-lab-'));
  const namespace = createNamespace(folder);
  const adminSocket = `${folder}/admin.sock`;
  const daemon = createDaemon(namespace, {
    program,
    config: `${folder}/config.yaml`,
    log: `${folder}/holdfast.log`,
    adminSocket,
    pluginSocket: socket,
  });
  const holdfast: Daemon = {
    ...daemon,
    async start() {
      await daemon.start();
      // The admin socket opens after the plugin socket.
      await eventually('the admin socket answers', async () => (await post(adminSocket, '/', {})).status > 0);
    },
  };
  await writeConfiguration(folder, `${folder}/config.yaml`, {});
  await namespace.open();
  const root = `${folder}/mounts/holdfast/`;
  const misspoken: string[] = [];
  let idle: readonly string[] = [];
  const hostTable = () => mountpoints(`/proc/${namespace.pid()}/mountinfo`);
  return {
    folder,
    holdfast,
    misspoken,
    dvdcli: (verb, volume) => {
      const call = startDvdcli(namespace, dvdcliOf(program), dvdcliWords(verb, volume));
      const expected = verb === 'mount' ? `${root}${volume.name}\n` : '';
      const ended = call.ended.then((spoken) => {
        if (isMisspoken(spoken, expected))
          misspoken.push(`${verb} ${volume.name}: ${JSON.stringify(spoken)}`);
        return spoken;
      });
      return { ...call, ended };
    },
    startTask: (id, volumes) => startWritingTask(namespace, `${folder}/tasks/${id}`, volumes),
    async boot() {
      await holdfast.start();
      idle = await kernelView(folder, namespace);
    },
    async reboot() {
      await namespace.close('keep');
      await namespace.open();
      await holdfast.start();
    },
    whileRefusing: (act) => whileRefusing(namespace.path(socket), act),
    mountpoint: (volume) => root + volume,
    mounted: async (table) =>
      (table ?? (await hostTable()))
        .filter((point) => point.startsWith(root))
        .map((point) => point.slice(root.length))
        .sort(),
    path: (inside) => namespace.path(inside),
    leftovers: async () => added(idle, await kernelView(folder, namespace)),
    destroy: () => namespace.close('remove'),
  };
}

async function whileRefusing(path: string, act: () => Promise<void>): Promise<void> {
  const server = createServer((_, response) => {
    response.writeHead(503).end(JSON.stringify({ Err: 'Nothing can be done now.' }));
  });
  server.listen(path);
  await once(server, 'listening');
  try {
    await act();
  } finally {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }
}
