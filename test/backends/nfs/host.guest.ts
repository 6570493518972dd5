import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { describeHost } from '../../contract/host/contract.ts';
import { linuxHostUnderTest } from '../../host/linux-host-under-test.ts';

// Runs in a guest that serves /srv/contract to itself; see contract-guest.test.ts. It runs binds and uses alone: the rest needs a local disk.

let share = '';
beforeAll(() => {
  share = mkdtempSync(join(tmpdir(), 'holdfast-export-'));
  const { status, stderr } = spawnSync('mount', ['-t', 'nfs4', 'localhost:/srv/contract', share]);
  if (status !== 0) throw new Error(`${stderr}`);
});
afterAll(() => void spawnSync('umount', [share]));

describeHost('on an NFS export, by system calls', () => linuxHostUnderTest('auto', {}, share));
describeHost('on an NFS export, by programs', () => linuxHostUnderTest('spawned', {}, share));
