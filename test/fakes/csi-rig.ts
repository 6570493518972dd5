import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CsiParts } from '../../src/csi/parts.ts';
import { type CsiClient, connectCsi, serveCsi } from './csi-client.ts';
import { openRig, type Rig, type RigParts } from './rig.ts';

export interface CsiRig extends Rig {
  readonly client: CsiClient;
  readonly socket: string;
  /** Ends the door alone, for a daemon that was killed: nothing of the driver behind it ends. */
  hangUp(): Promise<void>;
  close(): Promise<void>;
}

/** A driver on a host in memory, with an endpoint on a real socket, a client, and the directories `/pods` and `/staging`. */
export async function openCsiRig(parts: RigParts = {}, csi: Partial<CsiParts> = {}): Promise<CsiRig> {
  const rig = await openRig(parts);
  for (const path of ['/pods', '/staging']) await rig.host.files.makeDirectory(path);
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-csi-'));
  const served = await serveCsi(join(folder, 'csi.sock'), {
    driverName: rig.driver.name,
    driver: () => rig.driver,
    pluginName: 'local.csi.holdfast.test',
    mode: 'all',
    nodeId: 'host-a',
    staging: true,
    version: '1.2.3',
    log: { enabled: () => false, write: () => undefined },
    ...csi,
  });
  const client = connectCsi(served.socket);
  const hangUp = async () => {
    client.close();
    await served.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return {
    ...rig,
    client,
    socket: served.socket,
    hangUp,
    async close() {
      await hangUp();
      await rig.driver.close();
    },
  };
}
