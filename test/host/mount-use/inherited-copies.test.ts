import { mkdirSync, mkdtempSync, realpathSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Host } from '../../../src/host/host.ts';
import { createLinuxHost } from '../../../src/host/linux-host.ts';
import { describeWith } from '../../lab/requirements.ts';
import { removeFolder, unmountBelow } from '../linux-host-under-test.ts';
import { type OtherNamespace, startNamespace } from './other-namespace.ts';

/** A monitoring container has all of the host's mounts below a directory of its own (`-v /:/host`). */
describeWith(
  { root: true, programs: ['unshare', 'mount'] },
  'copies of our mounts in another namespace',
  () => {
    let folder = '';
    let elsewhere = '';
    let host: Host | undefined;
    let other: OtherNamespace | undefined;
    beforeEach(async () => {
      folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-copies-')));
      elsewhere = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-elsewhere-')));
      for (const name of ['volume', 'root', 'root/db']) mkdirSync(join(folder, name));
      host = await createLinuxHost({ systemCalls: 'auto' });
      await host.mounts.makeMountRoot(join(folder, 'root'));
      await host.mounts.bind(join(folder, 'volume'), join(folder, 'root/db'), []);
    });
    afterEach(async () => {
      await other?.end();
      await host?.close();
      unmountBelow(folder);
      removeFolder(folder);
      rmdirSync(elsewhere);
    });

    const copyAll = (propagation: 'private' | 'slave' | 'shared') =>
      startNamespace(propagation, 'mount --rbind "$0" "$1"', [folder, elsewhere]);
    const copies = () => other?.mounts().filter(({ root }) => root === join(folder, 'volume')) ?? [];
    const users = async () => [...((await host?.mounts.uses(join(folder, 'root'), 0))?.users.keys() ?? [])];

    test.each(['slave', 'shared'] as const)(
      'are not uses if our unmounts reach them (%s)',
      async (propagation) => {
        other = await copyAll(propagation);
        expect(copies().map(({ mountpoint }) => mountpoint)).toContain(join(elsewhere, 'root/db'));
        expect(await users()).toEqual([]);
        await host?.mounts.unmount(join(folder, 'root/db'));
        expect(copies()).toEqual([]);
      },
    );
    test.each(['private', 'slave', 'shared'] as const)(
      'differ from a mount over them at our own mountpoint (%s)',
      async (propagation) => {
        const db = join(folder, 'root/db');
        other = await startNamespace(propagation, ':', [folder]);
        expect(await users()).toEqual([]);
        await other.end();
        other = await startNamespace(propagation, 'mount --bind "$0" "$1" && mount --make-private "$1"', [
          join(folder, 'volume'),
          db,
        ]);
        expect(await users()).toEqual([db]);
      },
    );
    test('are uses if our unmounts do not reach them, because they keep the data busy', async () => {
      other = await copyAll('private');
      expect(await users()).toEqual([join(folder, 'root/db')]);
      await host?.mounts.unmount(join(folder, 'root/db'));
      expect(copies()).not.toEqual([]);
    });
  },
);
