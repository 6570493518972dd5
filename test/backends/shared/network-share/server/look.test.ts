import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { createGlusterfsShare } from '../../../../../src/backends/glusterfs/share.ts';
import {
  createServerLook,
  type ServerLookParts,
} from '../../../../../src/backends/shared/network-share/server/look.ts';
import type { Share } from '../../../../../src/backends/shared/network-share/share.ts';
import { createFakeHost } from '../../../../fakes/host/fake-host.ts';
import { errno } from '../../../../fakes/host/paths.ts';
import { shareOf } from '../../../nfs/share-of.ts';

const well = { state: 'ok', detail: 'it answered' } as const;
const later = (milliseconds: number) => sleep(milliseconds, undefined, { ref: false });

function look(share: Share, parts: Partial<ServerLookParts>) {
  return createServerLook({
    share: { ...share, probe: async () => well, isLost: async () => false },
    mountpoint: () => '/mnt/base',
    ready: async () => undefined,
    touch: async () => undefined,
    ...parts,
  })();
}

const nfs = shareOf();
const gluster = createGlusterfsShare({
  host: createFakeHost(),
  driver: 'shared',
  servers: ['gluster1'],
  volume: 'gv0',
  logLevel: 'WARNING',
  logDir: '/var/log/glusterfs',
  mountOptions: [],
});
const failing = (code: string) => ({ touch: () => Promise.reject(errno(code, '/mnt/base')) });

describe('a check of a mounted share', () => {
  test("on a host that is busy for longer than the server's deadline says nothing about the server", async () => {
    const parts = { ready: () => later(6_000), touch: () => later(500) };
    expect(await look(nfs, parts)).toEqual(well);
    const neverReady = { ready: () => Promise.reject(errno('EREMOTEIO', 'ready')) };
    expect(await look(nfs, neverReady)).toEqual(well);
  });
  test('whose calls wait for its file system does not say that all is well', async () => {
    const stuck = { ready: () => Promise.reject(errno('ETIMEDOUT', 'ready')) };
    expect(await look(gluster, stuck)).toMatchObject({ state: 'no-reply' });
  });
  test('detects a file system that does not answer while its service does', async () => {
    expect(await look(nfs, { touch: () => later(8_000) })).toMatchObject({ state: 'no-reply' });
  });
  test.each([
    ['an NFS server', nfs, /exportfs -v/],
    ['a Gluster volume', gluster, /auth\.allow/],
  ] as const)('of %s that no longer admits this host reports that it is refused', async (_, share, words) => {
    for (const code of ['EACCES', 'EPERM']) {
      const answer = await look(share, failing(code));
      expect(answer).toMatchObject({ state: 'refused', detail: expect.stringMatching(words) });
      expect(answer.detail).not.toMatch(/squash/);
    }
  });
  test('that meets an input/output error explains it', async () => {
    expect(await look(nfs, failing('EIO'))).toMatchObject({ state: 'no-reply' });
    expect(await look(gluster, failing('EIO'))).toMatchObject({
      state: 'split-brain',
      detail: expect.stringMatching(/heal gv0 info split-brain/),
    });
  });
});
