import { mkdirSync } from 'node:fs';
import { createPluginApp } from '../../src/http/plugin/app.ts';
import { listenOnPath } from '../../src/http/sockets.ts';
import { createWiredServer } from '../../src/http/wired-server.ts';
import { openRig, type Rig, type RigParts } from '../fakes/rig.ts';
import { listenParts } from '../lab/network/listen-parts.ts';

/** The daemon's own driver and protocol over a host in memory, on a socket below a real folder. */
export interface FakeDaemon {
  readonly rig: Rig;
  /** Calls it answered, such as `Get db` or `Create db conflict`, oldest first. */
  calls(): readonly string[];
  isMounted(volume: string): Promise<boolean>;
  holders(volume: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

export const driver = '--volumedriver=holdfast';

/** The mountpoints of `volumes` also exist on the real machine, because dvdcli checks them. */
export async function openFakeDaemon(
  folder: string,
  volumes: readonly string[],
  parts: RigParts = {},
): Promise<FakeDaemon> {
  for (const name of volumes) mkdirSync(`${folder}/mnt/holdfast/${name}`, { recursive: true });
  const rig = await openRig({ ...parts, base: folder });
  const calls: string[] = [];
  const log = {
    enabled: () => true,
    write: (_: string, event: string, fields: Readonly<Record<string, unknown>> = {}) => {
      if (event !== 'call') return;
      const method = String(fields.method).split('.')[1];
      const outcome = fields.outcome === 'ok' ? [] : [fields.outcome];
      calls.push([method, ...(fields.volume === undefined ? [] : [fields.volume]), ...outcome].join(' '));
    },
  };
  const server = createWiredServer(createPluginApp(rig.driver, log));
  const listening = await listenOnPath(server, `${folder}/plugins/holdfast.sock`, listenParts);
  const view = async (name: string) => [...rig.driver.list()].find(({ volume }) => volume.name === name);
  return {
    rig,
    calls: () => [...calls],
    isMounted: async (name) => (await rig.host.mounts.at(rig.mountpoint(name))).kind === 'mounted',
    async holders(name) {
      const volume = (await view(name))?.volume;
      const seen = volume && (await rig.driver.get(volume.name));
      return (seen?.holders ?? []).map(({ id }) => id);
    },
    async close() {
      server.closeAllConnections();
      await listening.close();
      await rig.driver.close();
    },
  };
}
