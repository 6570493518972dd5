import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nfsBackend } from '../../../src/backends/nfs/definition.ts';
import { createLinuxHost } from '../../../src/host/linux-host.ts';
import {
  type BackendTraits,
  type BackendUnderTest,
  describeBackend,
} from '../../contract/backend/contract.ts';
import { spoilFile } from '../../contract/backend/unreadable.ts';
import { unmountBelow } from '../../host/linux-host-under-test.ts';
import { putOdd } from '../../host/odd-files.ts';
import { takeBlocks } from '../../lab/fill-disk.ts';
import { onRealShare } from '../shared/network-share/on-real-share.ts';
import {
  adoptedDirectories,
  aloneDirectories,
  shareDirectories,
  sizedDirectories,
} from '../shared/network-share/under-test.ts';
import { describeFullDisk } from '../shared/recorded/full-disk-rules.ts';

// Runs in a guest that serves /srv/contract to itself; see contract-guest.test.ts.
const exported = '/srv/contract';

for (const version of ['4.2', '3']) {
  const kinds: Readonly<Record<string, BackendTraits>> = {
    directories: shareDirectories,
    'directories with separate mounts': aloneDirectories,
    'directories with a recorded size': sizedDirectories,
    'adopted directories': adoptedDirectories,
  };
  for (const [kind, traits] of Object.entries(kinds)) {
    describeBackend(`${kind} over NFS ${version}`, traits, () => real(version));
  }
}

describeFullDisk('directories over NFS 4.2', shareDirectories, async () => {
  const filler = join(exported, '.filler');
  return {
    ...(await real('4.2')),
    fill: async () => {
      mkdirSync(filler);
      takeBlocks(filler);
    },
    drain: async () => rmSync(filler, { recursive: true, force: true }),
  };
});

async function real(version: string): Promise<BackendUnderTest> {
  const host = await createLinuxHost({ systemCalls: 'auto' });
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-contract-'));
  const settings = { server: 'localhost', export: exported, version };
  mkdirSync(join(exported, 'given'), { recursive: true });
  const { root, made: _, ...backends } = onRealShare(nfsBackend, host, folder, settings);
  return {
    host,
    folder,
    storage: { root, link: symlink, putOdd },
    ...backends,
    spoilRecord: spoilFile(host.files, join(exported, '.holdfast/registry')),
    cleanUp: async () => {
      await host.close();
      unmountBelow(folder);
      // Uses the server's own path, and no program: a guest needs a fifth of a second to start one. The folder itself is
      // removed with the guest.
      for (const name of readdirSync(exported)) rmSync(join(exported, name), { recursive: true });
    },
  };
}
